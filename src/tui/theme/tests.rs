use std::collections::HashSet;

use super::*;

fn roles() -> impl Iterator<Item = Role> {
    [
        Role::Text,
        Role::Own,
        Role::Dim,
        Role::Notice,
        Role::Error,
        Role::Private,
        Role::Unsigned,
        Role::Status,
        Role::Alert,
        Role::Mention,
        Role::Match,
        Role::Chosen,
        Role::Link,
        Role::Title,
        Role::Graph,
    ]
    .into_iter()
    .chain((0..=255).map(|n| Role::Peer(PeerId([n, 7, 3, n, 1, 0, 9, n]))))
}

fn theme(name: &str) -> Theme {
    Theme::named(name, None).unwrap()
}

/// A colour as red, green and blue, by xterm's palette.
fn rgb(colour: Color) -> [u8; 3] {
    match colour {
        Color::Rgb(r, g, b) => [r, g, b],
        Color::Indexed(n @ 16..=231) => {
            let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            let n = n - 16;
            [level(n / 36), level(n / 6 % 6), level(n % 6)]
        }
        Color::Indexed(n @ 232..) => [8 + 10 * (n - 232); 3],
        other => panic!("{other:?} depends on the terminal"),
    }
}

/// WCAG 2.1: 1 for the same colour, 21 for black and white.
fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let light = |c: [u8; 3]| {
        let part = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        let [r, g, b] = c.map(part);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (light(a), light(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn without_colour_there_is_none() {
    for role in roles() {
        let style = Theme::new(false).style(role);
        assert_eq!((style.fg, style.bg, style.underline_color), (None, None, None), "{role:?}");
    }
}

#[test]
fn the_default_can_be_read_on_light_and_dark() {
    let bad = [Color::Black, Color::White, Color::Gray, Color::Yellow, Color::LightYellow, Color::Blue];
    for role in roles() {
        let style = Theme::new(true).style(role);
        assert!(style.fg.is_none_or(|c| !bad.contains(&c)) && style.bg.is_none(), "{role:?}");
    }
}

#[test]
fn the_others_keep_the_contrast_that_they_promise() {
    // Terminals that are called dark or light are seldom all black or white.
    let grounds: [(&str, [[u8; 3]; 2], f64); 3] = [
        ("dark", [[0; 3], [30; 3]], 4.5),
        ("light", [[255; 3], [250, 244, 227]], 3.8),
        ("high-contrast", [[0; 3], [0; 3]], 7.0),
    ];
    for (name, grounds, least) in grounds {
        let theme = theme(name);
        for role in roles() {
            let style = theme.style(role);
            let Some(ink) = style.fg.or(theme.style(Role::Text).fg).map(rgb) else { continue };
            for ground in style.bg.map_or(grounds, |own| [rgb(own); 2]) {
                let seen = contrast(ink, ground);
                assert!(seen >= least, "{name}: {role:?} has {seen:.1} on {ground:?}");
            }
        }
    }
}

#[test]
fn peers_differ_in_colour() {
    for name in ["default", "dark", "light", "high-contrast"] {
        let theme = theme(name);
        let used: HashSet<_> =
            roles().filter(|r| matches!(r, Role::Peer(_))).map(|r| theme.style(r).fg).collect();
        assert_eq!(used.len(), theme.peers.len(), "{name}");
        assert!(used.len() >= 7, "{name}");
    }
}

#[test]
fn every_theme_is_found_and_read() {
    for name in Theme::names(None).iter().filter(|name| *name != AUTO) {
        assert_ne!(theme(name), Theme::default(), "{name}");
    }
}

#[test]
fn a_file_of_the_user_goes_first_and_its_mistakes_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let write =
        |name: &str, text: &str| std::fs::write(dir.path().join(format!("{name}.toml")), text).unwrap();
    write("mine", "peers = [\"#010203\"]\n[roles]\nown = \"bold italic lightred on 17\"\n");
    write("dark", "[roles]\ndim = \"red\"\n");
    write("bad-word", "[roles]\nown = \"bolt\"\n");
    write("bad-role", "[roles]\nowner = \"bold\"\n");
    write("bad-key", "\nroles = 5\n");
    let own = |name: &str| Theme::named(name, Some(dir.path()));
    let mine = own("mine").unwrap();
    assert_eq!(
        mine.style(Role::Own),
        Style::new().fg(Color::LightRed).bg(Color::Indexed(17)).bold().italic()
    );
    assert_eq!(mine.style(Role::Peer(PeerId([4; 8]))).fg, Some(Color::Rgb(1, 2, 3)));
    assert_eq!(own("dark").unwrap().style(Role::Dim).fg, Some(Color::Red));
    assert_eq!(Theme::names(Some(dir.path())).last().map(String::as_str), Some("mine"));
    let told = |name: &str| own(name).unwrap_err().to_string();
    assert!(told("bad-word").contains("own: \"bolt\" is no colour"), "{}", told("bad-word"));
    assert!(told("bad-role").contains("there is no role owner"), "{}", told("bad-role"));
    assert!(told("bad-key").contains("line 2"), "{}", told("bad-key"));
    assert!(told("../mine").contains("choose one of auto, default"), "{}", told("../mine"));
}
