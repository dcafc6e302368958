//! Where something stands in a list, as a text that an address can hold: what is shown next begins behind it.
//!
//! It says what the order goes by, and not how many come before. So nothing is skipped or shown twice because something
//! else came or went; what itself changes its rank may cross from one page to another.

use facts::{Moment, ShipmentId};
use std::fmt;
use std::str::FromStr;

/// So many are on one page.
const A_PAGE: usize = 50;

/// A place in a list, the most urgent first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListPosition {
    /// How urgent: less is more.
    pub rank: u16,
    /// By when.
    pub until: Moment,
    /// Since when.
    pub since: Moment,
    /// The shipment whose row it is.
    pub shipment: ShipmentId,
    /// Which incident of it; of a shipment itself 0.
    pub number: u32,
}

impl fmt::Display for ListPosition {
    /// In figures whose order as a text is the order of the list.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figures = |at: Moment| at.millis().abs_diff(i64::MIN);
        let (until, since) = (figures(self.until), figures(self.since));
        write!(f, "{:04x}-{until:016x}-{since:016x}-", self.rank)?;
        write!(f, "{:08x}-{}", self.number, self.shipment)
    }
}

impl FromStr for ListPosition {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(5, '-');
        let mut figures = || u64::from_str_radix(parts.next().unwrap_or_default(), 16);
        let mut read = || figures().map_err(drop);
        let moment = |figures: u64| Moment::from_millis(i64::MIN.wrapping_add_unsigned(figures));
        let place = Self {
            rank: read()?.try_into().map_err(drop)?,
            until: moment(read()?),
            since: moment(read()?),
            number: read()?.try_into().map_err(drop)?,
            shipment: parts.next().unwrap_or_default().parse().map_err(drop)?,
        };
        // What would be written otherwise was written by nobody here.
        (place.to_string() == text).then_some(place).ok_or(())
    }
}

/// One page of a list.
#[derive(Debug, Clone)]
pub struct ListPage<T> {
    /// What is on it, each with its place.
    pub items: Vec<(ListPosition, T)>,
    /// How many come before it.
    pub before: usize,
    /// How many there are in all.
    pub total: usize,
    /// The place behind which the next page begins; `None` on the last one.
    pub next: Option<ListPosition>,
}

impl<T> ListPage<T> {
    /// What comes behind a place, or the first ones.
    pub(super) fn new(mut all: Vec<(ListPosition, T)>, after: Option<&ListPosition>) -> Self {
        all.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let total = all.len();
        let before = all.partition_point(|(place, _)| after.is_some_and(|after| place <= after));
        let mut items = all.split_off(before);
        let more = items.len() > A_PAGE;
        items.truncate(A_PAGE);
        let next = items.last().filter(|_| more).map(|(place, _)| place.clone());
        Self { items, before, total, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(rank: u16, until: i64, shipment: &str) -> ListPosition {
        let until = Moment::from_millis(until);
        let since = Moment::EARLIEST;
        ListPosition { rank, until, since, shipment: ShipmentId::new(shipment), number: 7 }
    }

    #[test]
    fn its_text_leads_back_to_it_and_has_its_order() {
        let places = [
            place(0, -5, "A-1"),
            place(0, 5, "A-1"),
            place(0, Moment::LATEST.millis(), "A.2-x"),
            place(1, 0, "B"),
            place(0x1ff, 0, "B"),
        ];
        let texts: Vec<String> = places.iter().map(ListPosition::to_string).collect();
        assert!(texts.is_sorted() && places.is_sorted(), "{texts:?}");
        let read: Vec<ListPosition> = texts.iter().map(|text| text.parse().unwrap()).collect();
        assert_eq!(read, places);
    }

    #[test]
    fn what_is_no_place_is_none() {
        let good = place(3, 5, "SHP-1").to_string();
        let broken = (0..good.len()).map(|n| good[..n].to_owned());
        let others = ["", "2", "----", "+003-1-1-1-SHP-1", "ü"].map(str::to_owned);
        for text in broken.filter(|text| text.len() < good.len() - 4).chain(others) {
            assert_eq!(text.parse::<ListPosition>(), Err(()), "{text}");
        }
        assert_eq!(
            good.to_uppercase().parse::<ListPosition>().is_err(),
            good.contains(|c| matches!(c, 'a'..='f'))
        );
    }

    #[test]
    fn pages_hold_each_once_whatever_comes_and_goes_meanwhile() {
        let all = |without: i64| -> Vec<(ListPosition, i64)> {
            let numbers = (0..120).filter(|n| *n != without);
            numbers.map(|n| (place(0, n, "SHP"), n)).collect()
        };
        let first = ListPage::new(all(-1), None);
        assert_eq!((first.items.len(), first.before, first.total), (A_PAGE, 0, 120));
        // One that was on it has gone when the second is asked for, and so has its last one.
        for gone in [3, 49] {
            let second = ListPage::new(all(gone), first.next.as_ref());
            assert_eq!(second.items.first().map(|(_, n)| *n), Some(50));
            assert_eq!((second.items.len(), second.before), (A_PAGE, 49));
            let third = ListPage::new(all(gone), second.next.as_ref());
            assert_eq!((third.items.len(), third.next), (20, None));
        }
        let behind_all = place(1, 0, "SHP");
        let nothing = ListPage::new(all(-1), Some(&behind_all));
        assert_eq!((nothing.items.len(), nothing.before), (0, 120));
    }
}
