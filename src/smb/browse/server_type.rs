//! What a computer announces that it does (\[MS-RAP\] 2.5.5.2.1).

/// Bits that tell what a computer does; those that are not known are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ServerType(pub u32);

impl ServerType {
    /// Nothing any more: a farewell.
    pub const NONE: Self = Self(0);
    /// Uses what others share.
    pub const WORKSTATION: Self = Self(0x1);
    /// Shares something.
    pub const SERVER: Self = Self(0x2);
    /// Shares a printer.
    pub const PRINT: Self = Self(0x200);
    /// Runs Unix or Xenix.
    pub const UNIX: Self = Self(0x800);
    /// Runs Windows NT or what follows it, or Samba.
    pub const NT: Self = Self(0x1000);
    /// Is a Windows server, but no domain controller.
    pub const NT_SERVER: Self = Self(0x8000);
    /// Could keep the list of computers.
    pub const POTENTIAL_BROWSER: Self = Self(0x1_0000);
    /// Keeps a copy of the list.
    pub const BACKUP_BROWSER: Self = Self(0x2_0000);
    /// Keeps the list of its segment.
    pub const MASTER_BROWSER: Self = Self(0x4_0000);
    /// Keeps the list of its domain.
    pub const DOMAIN_MASTER: Self = Self(0x8_0000);
    /// Runs Windows 95, 98 or Me.
    pub const WINDOWS_9X: Self = Self(0x40_0000);
    /// The name is that of a domain.
    pub const DOMAIN: Self = Self(0x8000_0000);
    /// What lanchat announces: a workstation that can be written to, of the NT family as far as others must know. No
    /// bit of a browser, so that nobody calls an election.
    pub const LANCHAT: Self = Self(0x1003);

    /// Whether all bits of `other` are set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What it is, in words, the most telling first: `Windows 9x, printer`. Every computer has some.
    pub fn words(self) -> String {
        let system = [
            (Self::WINDOWS_9X, "Windows 9x"),
            (Self::UNIX, "Unix"),
            (Self::NT_SERVER, "NT server"),
            (Self::NT, "NT"),
        ];
        let roles = [
            (Self::DOMAIN_MASTER, "domain master browser"),
            (Self::MASTER_BROWSER, "master browser"),
            (Self::BACKUP_BROWSER, "backup browser"),
            (Self::PRINT, "printer"),
        ];
        let named = |(bit, word): (Self, &'static str)| self.has(bit).then_some(word);
        let system = system.into_iter().find_map(named);
        let roles = roles.into_iter().filter_map(named);
        let words: Vec<_> = system.into_iter().chain(roles).collect();
        match (words.is_empty(), self.has(Self::SERVER)) {
            (false, _) => words.join(", "),
            (true, true) => "server".to_owned(),
            (true, false) => "workstation".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_words() {
        for (bits, words) in [
            (0x1003, "NT"),
            (0x0080_9a03, "Unix, printer"),
            (0x9003, "NT server"),
            (0x0040_0003, "Windows 9x"),
            (0x0005_1003, "NT, master browser"),
            (0x3, "server"),
            (0x1, "workstation"),
            (0, "workstation"),
        ] {
            assert_eq!(ServerType(bits).words(), words, "{bits:#x}");
        }
        let browser = [
            ServerType::POTENTIAL_BROWSER,
            ServerType::BACKUP_BROWSER,
            ServerType::MASTER_BROWSER,
            ServerType::DOMAIN_MASTER,
        ];
        assert!(browser.iter().all(|bit| !ServerType::LANCHAT.has(*bit)));
    }
}
