# The program tells itself what it understands.
lanchat completions fish | source
