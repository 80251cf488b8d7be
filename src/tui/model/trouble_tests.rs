use std::net::{IpAddr, Ipv4Addr};

use super::*;
use crate::chat::{Nick, Peer, Trust};
use crate::session::{InterfaceState, Network, Report};
use crate::text::SafeText;

fn model(people: u8) -> Model {
    let mut model = Model::new(PeerId([9; 8]), &"me".parse::<Nick>().unwrap());
    let interface = InterfaceState {
        name: "eth0".to_owned(),
        address: Ipv4Addr::new(10, 0, 0, 9).into(),
        broadcast: Ipv4Addr::new(10, 0, 0, 255).into(),
        problem: None,
    };
    model.network = Some(Network { interfaces: vec![interface], port: 13_138, ..Network::default() });
    model.now = 60_000;
    for n in 1..=people {
        model.people.set(Peer {
            id: PeerId([n; 8]),
            nick: format!("peer{n}").parse().unwrap(),
            name: SafeText::line(&format!("peer{n}")),
            host: SafeText::line("HOST"),
            address: IpAddr::from([10, 0, 0, n]),
            state: PeerState::Here,
            version: SafeText::default(),
            trust: Trust::Known,
            words: String::new(),
            rtt: None,
            since: 0,
            arrived: false,
            rooms: Vec::new(),
            away: None,
            ignored: false,
            doubts: crate::chat::Doubts::default(),
        });
    }
    model
}

fn said(model: &Model) -> String {
    troubles(model).join("\n")
}

#[test]
fn all_is_well() {
    assert_eq!(troubles(&model(2)), Vec::<String>::new());
    assert_eq!(troubles(&Model::new(PeerId([9; 8]), &"me".parse().unwrap())), Vec::<String>::new());
}

#[test]
fn each_trouble_is_told_in_words() {
    let mut alone = model(0);
    assert!(said(&alone).contains("nobody is heard"));
    alone.now = 1000;
    assert_eq!(said(&alone), "", "not in the first seconds");
    alone.network.as_mut().unwrap().interfaces.clear();
    assert!(said(&alone).contains("no address"));

    let mut broken = model(1);
    broken.network.as_mut().unwrap().interfaces[0].problem = Some("not permitted".to_owned());
    assert!(said(&broken).starts_with("eth0 cannot send: not permitted"));

    let mut lossy = model(1);
    lossy.net.report = Some(Report { loss: 30, traffic: vec![(1, 0); 30], ..Report::default() });
    let told = said(&lossy);
    assert!(told.contains("nothing has come in for 30 s") && told.contains("30 % of what others"), "{told}");
}

#[test]
fn pings_tell_who_does_not_answer() {
    let mut model = model(3);
    let [one, two, three] = [PeerId([1; 8]), PeerId([2; 8]), PeerId([3; 8])];
    for _ in 0..3 {
        model.net.pong(one, None);
    }
    assert_eq!(said(&model), "", "three may be chance");
    model.net.pong(one, None);
    model.net.pong(two, Some(Duration::from_millis(900)));
    for n in 0..8 {
        model.net.pong(three, (n % 2 == 0).then_some(Duration::from_millis(1)));
    }
    let told = said(&model);
    assert!(told.contains("not answering what is sent to them alone: peer1;"), "{told}");
    assert!(told.contains("answers take long from peer2"), "{told}");
    assert!(told.contains("pings get lost on the way to peer3"), "{told}");
}

#[test]
fn clocks_that_are_wrong_are_named_and_ones_own_when_all_others_agree() {
    let mut model = model(2);
    model.net.spoke(PeerId([1; 8]), 40_000);
    assert_eq!(said(&model), "the clock of peer1 is 40 s ahead of this machine's");
    model.net.spoke(PeerId([2; 8]), 41_000);
    assert!(said(&model).starts_with("this machine's clock is 40 s behind all others"));
    model.net.spoke(PeerId([1; 8]), 5);
    model.net.spoke(PeerId([2; 8]), -5);
    assert_eq!(said(&model), "");
}
