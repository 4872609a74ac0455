//! Work that two threads share where there is very much of it.

/// From how many entries on a thread is worth what it costs.
const LEAST_ENTRIES: usize = 20_000;

/// Does two things that read the same entries: at once where these are many.
pub(in crate::core) fn side_by_side<A: Send, B>(
    entries: usize,
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B,
) -> (A, B) {
    if entries < LEAST_ENTRIES || std::thread::available_parallelism().is_ok_and(|it| it.get() == 1) {
        return (one(), other());
    }
    std::thread::scope(|threads| {
        let one = threads.spawn(one);
        let other = other();
        match one.join() {
            Ok(one) => (one, other),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_done_however_many_entries_there_are() {
        for entries in [0, LEAST_ENTRIES] {
            assert_eq!(side_by_side(entries, || 1, || 2), (1, 2));
        }
    }
}
