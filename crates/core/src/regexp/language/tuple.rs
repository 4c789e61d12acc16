//! Tuples of values joined by a separator: from a language of joined strings back to the parts.

use std::collections::VecDeque;

use foldhash::HashSet;

use super::Undecided;
use super::dfa::{DEAD, Dfa};
use super::witness::READABLE;

/// Where a search for a tuple is: in which part, and where in that part's automaton and in the one
/// of the joined string.
type Place = (usize, u32, u32);

/// A way to a place: the place, the way before it, and the byte between, if one of a value.
type Way = (Place, Option<usize>, Option<u8>);

/// One string of each part whose join is in `joined`, the shortest together.
pub(super) fn shortest(
    parts: &[&Dfa],
    separator: &[u8],
    joined: &Dfa,
    max_places: usize,
) -> Result<Option<Vec<String>>, Undecided> {
    let Some(first) = parts.first() else {
        return Ok(joined.accepts(b"").then(Vec::new));
    };
    let orders: Vec<Vec<u8>> = parts.iter().map(|part| letters(part, joined)).collect();
    let mut settled: HashSet<Place> = HashSet::default();
    let mut ways: Vec<Way> = Vec::new();
    let mut queue: VecDeque<Way> =
        VecDeque::from([((0, first.start(), joined.start()), None, None)]);
    while let Some(way) = queue.pop_front() {
        let (part, here, there) = way.0;
        if here == DEAD || there == DEAD || !settled.insert(way.0) {
            continue;
        }
        let at = ways.len();
        ways.push(way);
        let is_whole = parts[part].is_accepting(here);
        if is_whole && part + 1 == parts.len() && joined.is_accepting(there) {
            return Ok(Some(spell(&ways, at, parts.len())));
        }
        for &byte in &orders[part] {
            let next = (part, parts[part].next(here, byte), joined.next(there, byte));
            queue.push_back((next, Some(at), Some(byte)));
        }
        // The separator adds nothing to the length of the values.
        if let Some(next) = parts.get(part + 1).filter(|_| is_whole) {
            let place = (part + 1, next.start(), joined.after(there, separator));
            queue.push_front((place, Some(at), None));
        }
        if ways.len() > max_places {
            return Err(Undecided::Pairs(max_places));
        }
    }
    Ok(None)
}

/// One byte of each class that both tell apart, the most readable first.
fn letters(part: &Dfa, joined: &Dfa) -> Vec<u8> {
    let classes = part.joint_classes(joined);
    let mut bytes = READABLE.to_vec();
    let mut seen = [false; 256];
    bytes.retain(|byte| {
        !std::mem::replace(&mut seen[usize::from(classes[usize::from(*byte)])], true)
    });
    bytes
}

fn spell(ways: &[Way], end: usize, parts: usize) -> Vec<String> {
    let mut values = vec![Vec::new(); parts];
    let mut at = Some(end);
    while let Some((place, before, byte)) = at.map(|at| ways[at]) {
        values[place.0].extend(byte);
        at = before;
    }
    let text = |mut bytes: Vec<u8>| {
        bytes.reverse();
        String::from_utf8(bytes).expect("languages hold valid UTF-8 only")
    };
    values.into_iter().map(text).collect()
}

/// The strings of part `index` for which there are strings of the others, so that their join is in
/// `joined`.
pub(super) fn part(
    parts: &[&Dfa],
    index: usize,
    separator: &[u8],
    joined: &Dfa,
    max_states: usize,
) -> Result<Dfa, Undecided> {
    // Where the part can begin.
    let mut begins = vec![joined.start()];
    for before in &parts[..index] {
        begins = after_part(before, joined, &begins, max_states)?;
        begins = begins.iter().map(|state| joined.after(*state, separator)).collect();
        begins.retain(|state| *state != DEAD);
        begins.sort_unstable();
        begins.dedup();
    }
    // Where it can end, so that the rest fits.
    let all = 0..joined.states() as u32;
    let mut ends: Vec<bool> = all.clone().map(|state| joined.is_accepting(state)).collect();
    for after in parts[index + 1..].iter().rev() {
        let fits = before_part(after, joined, &ends, max_states)?;
        ends = all.clone().map(|state| fits[joined.after(state, separator) as usize]).collect();
    }
    let part = parts[index];
    let place = |here: u32, mut there: Vec<u32>| {
        there.retain(|state| *state != DEAD);
        there.sort_unstable();
        there.dedup();
        (here != DEAD && !there.is_empty()).then_some((here, there))
    };
    Dfa::explore(
        part.joint_classes(joined),
        place(part.start(), begins),
        max_states,
        |(here, there), byte| {
            let next = there.iter().map(|state| joined.next(*state, byte)).collect();
            place(part.next(*here, byte), next)
        },
        |(here, there)| part.is_accepting(*here) && there.iter().any(|state| ends[*state as usize]),
    )
}

/// The states of `joined` after any string of the part, from any of `from`.
fn after_part(
    part: &Dfa,
    joined: &Dfa,
    from: &[u32],
    max_pairs: usize,
) -> Result<Vec<u32>, Undecided> {
    let letters = letters(part, joined);
    let mut seen: HashSet<(u32, u32)> = HashSet::default();
    let mut queue: Vec<(u32, u32)> = from.iter().map(|state| (part.start(), *state)).collect();
    let mut reached = Vec::new();
    while let Some((here, there)) = queue.pop() {
        if here == DEAD || there == DEAD || !seen.insert((here, there)) {
            continue;
        }
        if part.is_accepting(here) {
            reached.push(there);
        }
        let next = |byte: &u8| (part.next(here, *byte), joined.next(there, *byte));
        queue.extend(letters.iter().map(next));
        if seen.len() > max_pairs {
            return Err(Undecided::Pairs(max_pairs));
        }
    }
    reached.sort_unstable();
    reached.dedup();
    Ok(reached)
}

/// From which states of `joined` a string of the part can lead into one of `ends`.
fn before_part(
    part: &Dfa,
    joined: &Dfa,
    ends: &[bool],
    max_pairs: usize,
) -> Result<Vec<bool>, Undecided> {
    let (wide, states) = (part.states(), joined.states());
    if wide.saturating_mul(states) > max_pairs {
        return Err(Undecided::Pairs(max_pairs));
    }
    let letters = letters(part, joined);
    let number = |here: u32, there: u32| there as usize * wide + here as usize;
    let mut before: Vec<Vec<u32>> = vec![Vec::new(); wide * states];
    for there in 0..states as u32 {
        for here in 0..wide as u32 {
            let next = |byte: &u8| number(part.next(here, *byte), joined.next(there, *byte));
            for byte in &letters {
                before[next(byte)].push(number(here, there) as u32);
            }
        }
    }
    let accepts = |at: &usize| part.is_accepting((at % wide) as u32) && ends[at / wide];
    let mut queue: Vec<usize> = (0..wide * states).filter(accepts).collect();
    let mut fits = vec![false; wide * states];
    while let Some(at) = queue.pop() {
        if !std::mem::replace(&mut fits[at], true) {
            queue.extend(before[at].iter().map(|at| *at as usize));
        }
    }
    Ok((0..states as u32).map(|there| fits[number(part.start(), there)]).collect())
}
