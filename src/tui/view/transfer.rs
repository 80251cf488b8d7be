//! Files on their way, for the status line: an offer that waits for an answer, or how far the others are.

use crate::text::SafeText;
use crate::transfer::bytes;
use crate::tui::model::{Model, Stage, Transfer};
use crate::tui::text::width;

/// Cells of a bar.
const BAR: u64 = 10;
/// Columns for a file's name.
const NAME: usize = 24;

/// What the status line says about them, if anything.
pub(super) fn alert(model: &Model) -> Option<String> {
    let transfers = &model.transfers;
    let all = transfers.list();
    let first =
        transfers.offered(None).or_else(|| all.iter().find(|t| t.stage != Stage::Offered)).or(all.first())?;
    let more = if all.len() > 1 { format!(" +{}", all.len() - 1) } else { String::new() };
    Some(format!("{}{more}", one(first, &model.file_peer(first.peer))))
}

fn one(transfer: &Transfer, with: &SafeText) -> String {
    let Transfer { name, size, outgoing, stage, .. } = transfer;
    let name = width::shorten(name.as_str(), NAME);
    match (outgoing, stage) {
        (false, Stage::Offered) => format!("{with} offers {name} ({}): /accept or /decline", bytes(*size)),
        (true, Stage::Offered) => format!("{name}: {with} is asked"),
        (outgoing, Stage::Moving(done)) => {
            let (full, percent) = (BAR * done / (*size).max(1), 100 * done / (*size).max(1));
            let bar: String = (0..BAR).map(|n| if n < full { '█' } else { '░' }).collect();
            let way = if *outgoing { "to" } else { "from" };
            format!("{name} {way} {with} {bar} {percent} %")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::PeerId;
    use crate::transfer::TransferId;

    #[test]
    fn offers_come_before_what_moves() {
        let mut model = Model::new(PeerId([9; 8]), &"me".parse().unwrap());
        assert_eq!(alert(&model), None);
        model.met.insert(PeerId([1; 8]), SafeText::clean("bob"));
        let transfer = |n, outgoing, stage| Transfer {
            id: TransferId(n),
            peer: PeerId([1; 8]),
            name: SafeText::clean("a.txt"),
            size: 2000,
            outgoing,
            stage,
        };
        model.transfers.add(transfer(1, true, Stage::Offered));
        assert_eq!(alert(&model).unwrap(), "a.txt: bob is asked");
        model.transfers.add(transfer(2, true, Stage::Moving(500)));
        assert_eq!(alert(&model).unwrap(), "a.txt to bob ██░░░░░░░░ 25 % +1");
        model.transfers.add(transfer(3, false, Stage::Offered));
        assert_eq!(alert(&model).unwrap(), "bob offers a.txt (2.0 kB): /accept or /decline +2");
    }
}
