//! Where the live version of each row lies.
//!
//! ```text
//!   row id 1,300 = page 2, slot 276
//!   pages  [ -  0  1 ]          a directory from the first page in use; `-`: no row there
//!   page 1 [ … | block 7 row 31 | … ]
//! ```
//!
//! Row ids are given in order over the whole database, so a table's ids come in stretches and a page is
//! mostly full or absent.

use super::Location;
use crate::types::RowId;

const PAGE_ROWS: usize = 512;
const NONE: u64 = u64::MAX;

#[derive(Debug, Clone, Default)]
pub(crate) struct RowMap {
    /// The number of the page that `pages` starts with.
    first: u64,
    pages: Vec<Option<Box<Page>>>,
    len: usize,
}

#[derive(Debug, Clone)]
struct Page {
    slots: [u64; PAGE_ROWS],
    used: usize,
}

fn place(row: RowId) -> (u64, usize) {
    let rows = PAGE_ROWS as u64;
    (row.0 / rows, (row.0 % rows) as usize)
}

impl RowMap {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn get(&self, row: RowId) -> Option<Location> {
        let (page, slot) = place(row);
        let index = usize::try_from(page.checked_sub(self.first)?).ok()?;
        let packed = self.pages.get(index)?.as_ref()?.slots[slot];
        (packed != NONE).then(|| Location::unpack(packed))
    }

    /// Sets the place of a row, which it may have had before.
    pub fn set(&mut self, row: RowId, location: Location) {
        let (number, slot) = place(row);
        let page = self.page(number);
        let new = page.slots[slot] == NONE;
        page.slots[slot] = location.pack();
        page.used += usize::from(new);
        self.len += usize::from(new);
    }

    fn page(&mut self, number: u64) -> &mut Page {
        if self.pages.is_empty() {
            self.first = number;
        }
        if number < self.first {
            let missing = (self.first - number) as usize;
            self.pages.splice(0..0, (0..missing).map(|_| None));
            self.first = number;
        }
        let index = (number - self.first) as usize;
        if index >= self.pages.len() {
            self.pages.resize_with(index + 1, || None);
        }
        self.pages[index].get_or_insert_with(|| {
            Box::new(Page {
                slots: [NONE; PAGE_ROWS],
                used: 0,
            })
        })
    }

    pub fn remove(&mut self, row: RowId) -> Option<Location> {
        let found = self.get(row)?;
        let (number, slot) = place(row);
        let index = (number - self.first) as usize;
        let page = self.pages[index].as_mut()?;
        page.slots[slot] = NONE;
        page.used -= 1;
        if page.used == 0 {
            self.pages[index] = None;
        }
        self.len -= 1;
        Some(found)
    }

    /// In the order of the row ids.
    pub fn iter(&self) -> impl Iterator<Item = (RowId, Location)> + '_ {
        let pages = self.pages.iter().enumerate();
        let used =
            pages.filter_map(|(index, page)| Some((self.first + index as u64, page.as_ref()?)));
        used.flat_map(|(number, page)| {
            let slots = page.slots.iter().enumerate();
            let taken = slots.filter(|(_, packed)| **packed != NONE);
            taken.map(move |(slot, packed)| {
                let row = number * PAGE_ROWS as u64 + slot as u64;
                (RowId(row), Location::unpack(*packed))
            })
        })
    }

    pub fn bytes_held(&self) -> usize {
        let pages = self.pages.iter().flatten().count();
        pages * size_of::<Page>() + self.pages.capacity() * 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::BlockId;

    fn at(row: u32) -> Location {
        Location {
            block: BlockId(1),
            row,
        }
    }

    #[test]
    fn rows_are_found_moved_and_forgotten_whatever_their_order() {
        let mut map = RowMap::default();
        for row in [5000, 3, 70_000, 4] {
            map.set(RowId(row), at(row as u32));
        }
        map.set(RowId(4), at(9));
        assert_eq!(map.get(RowId(4)), Some(at(9)));
        assert_eq!(map.remove(RowId(5000)), Some(at(5000)));
        assert_eq!(
            (map.get(RowId(5000)), map.get(RowId(1 << 40))),
            (None, None)
        );
        let rows: Vec<u64> = map.iter().map(|(row, _)| row.0).collect();
        assert_eq!((rows, map.len()), (vec![3, 4, 70_000], 3));
    }
}
