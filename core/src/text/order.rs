//! Texts in order, and which of them are there twice: one small sort for all of the crate, since those of the standard
//! library are compiled anew for every type and a page downloads each.

use alloc::vec;
use alloc::vec::Vec;

/// Texts that are compared each with each, which is done before so few are sorted: most differ in length.
const FEW: usize = 24;

/// The places of the texts in the order of the texts, equal ones in the order of their places. A heap sort: no input makes it
/// slow.
pub(crate) fn order(texts: &[&str]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..texts.len()).collect();
    let length = places.len();
    for root in (0..length / 2).rev() {
        sift(&mut places, root, texts);
    }
    for end in (1..length).rev() {
        places.swap(0, end);
        if let Some(heap) = places.get_mut(..end) {
            sift(heap, 0, texts);
        }
    }
    places
}

/// Lets what is at the root of a heap sink to where it belongs.
fn sift(heap: &mut [usize], mut root: usize, texts: &[&str]) {
    let key = |heap: &[usize], at: usize| heap.get(at).map(|place| (texts.get(*place), *place));
    loop {
        let left = root.saturating_mul(2).saturating_add(1);
        let right = left.saturating_add(1);
        let child = if key(heap, left) < key(heap, right) { right } else { left };
        // What is not there is less than anything.
        if key(heap, root) >= key(heap, child) {
            return;
        }
        heap.swap(root, child);
        root = child;
    }
}

/// For each text whether it stands earlier too.
pub(crate) fn repeats(texts: &[&str]) -> Vec<bool> {
    let mut repeats = vec![false; texts.len()];
    if texts.len() <= FEW {
        for ((place, text), repeated) in texts.iter().enumerate().zip(&mut repeats) {
            *repeated = texts.get(..place).is_some_and(|earlier| earlier.contains(text));
        }
        return repeats;
    }
    for pair in order(texts).windows(2) {
        if let [one, other] = pair
            && texts.get(*one) == texts.get(*other)
            && let Some(repeated) = repeats.get_mut(*other)
        {
            *repeated = true;
        }
    }
    repeats
}

/// Each text once.
pub(crate) fn distinct<'a>(texts: &[&'a str]) -> Vec<&'a str> {
    let once = texts.iter().zip(repeats(texts)).filter(|(_, repeated)| !repeated);
    once.map(|(text, _)| *text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_in_the_order_of_the_texts() {
        // Numbers that look random, many of them equal.
        let numbers = std::iter::successors(Some(1_usize), |number| Some((number * 75 + 74) % 65_537));
        for length in (0..40).chain([1_000]) {
            let texts: Vec<String> =
                numbers.clone().take(length).map(|number| (number % 300).to_string()).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let mut expected: Vec<usize> = (0..length).collect();
            expected.sort_by_key(|place| texts[*place]);
            assert_eq!(order(&texts), expected, "{length}");
            let seen = |place: &usize| texts[..*place].contains(&texts[*place]);
            assert_eq!(
                repeats(&texts),
                (0..length).map(|place| seen(&place)).collect::<Vec<_>>(),
                "{length}"
            );
        }
    }

    #[test]
    fn the_first_of_equal_texts_is_no_repetition() {
        assert_eq!(
            repeats(&["b", "a", "b", "", "a", "b", ""]),
            [false, false, true, false, true, true, true]
        );
        assert!(repeats(&[]).is_empty());
        assert_eq!(distinct(&["b", "a", "b"]), ["b", "a"]);
    }
}
