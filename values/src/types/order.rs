//! Sorting for where its speed is not what counts.

use std::cmp::Ordering;

/// Up to this length, moving each item past those before it is as fast as anything.
const SHORT: usize = 20;

/// As `slice::sort_by`, stable. That one is compiled anew for each type and order, 4 kB each time; this one sorts numbers
/// of items, once for all, and moves the items then.
pub fn sort_by<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    if items.len() > SHORT {
        let mut order = sorted(items.len(), &mut |a, b| compare(&items[a], &items[b]));
        return permute(&mut order, &mut |a, b| items.swap(a, b));
    }
    for end in 1..items.len() {
        let mut at = end;
        while at > 0 && compare(&items[at - 1], &items[at]).is_gt() {
            items.swap(at - 1, at);
            at -= 1;
        }
    }
}

/// As `slice::sort_by_key`.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// Which item comes at each place.
fn sorted(len: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    order.sort_by(|a, b| compare(*a, *b));
    order
}

/// Moves items along the cycles of the order.
fn permute(order: &mut [usize], swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..order.len() {
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut order[at], at);
            if from == start || from == at {
                break;
            }
            swap(at, from);
            at = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorts_as_the_standard_library_does(items in prop::collection::vec(0..50u8, 0..200)) {
            let mut own: Vec<(u8, usize)> = items.iter().copied().zip(0..).collect();
            let mut expected = own.clone();
            expected.sort_by_key(|(item, _)| *item);
            sort_by_key(&mut own, |(item, _)| *item);
            prop_assert_eq!(own, expected);
        }
    }
}
