# The program tells itself what it understands.
source <(lanchat completions bash)
