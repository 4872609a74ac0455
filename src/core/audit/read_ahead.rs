//! Reads a long source with several threads: statements are parsed, and said to do what they do, before their turn comes.
//!
//! What a statement does depends on the ones before it only by what names mean, which hardly ever changes. So a thread
//! takes a batch of statements with what names mean by now, and hands over what they do, without their trees: memory that
//! one thread takes and another gives back is slow. Where names have come to mean something else in the meantime, the
//! batch is read once more.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use crate::core::audit::read_set::ReadStatement;
use crate::core::feature::Source;
use crate::core::problem::Problem;
use crate::core::sql::effect::Scope;
use crate::core::sql::parse;
use crate::core::sql::split::{Cut, Text};

/// The shortest source for which threads are worth the memory that each keeps for itself, in bytes: one thread takes 70 ms
/// or so to read it. Hardly any source in a cluster is as long.
pub const LEAST_BYTES: usize = 256 << 10;

/// The most threads, the one that takes the statements included: it reads a batch itself where the next one is not ready.
const MOST_THREADS: usize = 4;

/// How much text a thread takes at once, in bytes, or one statement.
const BATCH_BYTES: usize = 8 << 10;

/// The longest batch that is read ahead, in bytes: a tree takes up to a hundred times as much, so that of long statements
/// there is one at a time.
const MOST_BYTES_AHEAD: usize = 128 << 10;

/// How many batches are under way for each thread.
const BATCHES_PER_THREAD: usize = 3;

/// Reads `source`, which `holder` holds, as [`HeldSource::read`](super::read_set::HeldSource::read) does. No statement may
/// undo others.
pub fn read(
    source: &Source,
    holder: &Arc<str>,
    scope: Scope,
    each: &mut dyn FnMut(ReadStatement),
) -> Vec<Problem> {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    read_with(processors.min(MOST_THREADS) - 1, BATCH_BYTES, source, holder, scope, each)
}

fn read_with(
    threads: usize,
    batch_bytes: usize,
    source: &Source,
    holder: &Arc<str>,
    scope: Scope,
    each: &mut dyn FnMut(ReadStatement),
) -> Vec<Problem> {
    let text = match Text::of(source) {
        Ok(text) => text,
        Err(problem) => return vec![problem],
    };
    let reader = Reader { text: &text, holder };
    let (batches, queue) = channel::<Batch>();
    let queue = Mutex::new(queue);
    std::thread::scope(|threads_of| {
        let start = || parse::spawn_on_big_stack(threads_of, || reader.answer(&queue));
        // Where the system refuses a thread, those that are there do, and in the end this one.
        let threads = (0..threads).map_while(|_| start().ok()).count();
        let mut ahead = Ahead {
            reader: &reader,
            queue: &queue,
            most_under_way: threads * BATCHES_PER_THREAD,
            batches,
            under_way: VecDeque::new(),
            scope,
            problems: Vec::new(),
            each,
        };
        let (mut bytes, mut cuts) = (0, Vec::new());
        text.cut(&mut |cut| {
            bytes += cut.bytes();
            cuts.push(cut);
            if bytes >= batch_bytes {
                bytes = 0;
                ahead.give(std::mem::take(&mut cuts));
            }
        });
        ahead.give(cuts);
        // The threads end with the sender of batches, which goes here.
        ahead.finish()
    })
}

/// What every thread needs to read a part of a source.
struct Reader<'a> {
    text: &'a Text<'a>,
    holder: &'a Arc<str>,
}

/// What a thread is to read.
struct Batch {
    cuts: Vec<Cut>,
    scope: Scope,
    answer: SyncSender<Answer>,
}

/// What a thread has read.
struct Answer {
    cuts: Vec<Cut>,
    /// What names meant where it begins.
    scope: Scope,
    read: Read,
}

struct Read {
    statements: Vec<Result<ReadStatement, Problem>>,
    /// What names mean after it.
    scope: Scope,
    /// Whether what names mean depended on the objects that are there.
    looked_objects_up: bool,
}

impl Reader<'_> {
    fn read(&self, cuts: &[Cut], mut scope: Scope) -> Read {
        let mut looked_objects_up = scope.looks_objects_up();
        let mut statements = Vec::with_capacity(cuts.len());
        for cut in cuts {
            match self.text.statements(cut) {
                Ok(read) => statements.extend(read.into_iter().map(|statement| {
                    let read = ReadStatement::of(statement, self.holder, &mut scope);
                    looked_objects_up |= scope.looks_objects_up();
                    Ok(read)
                })),
                Err(problem) => statements.push(Err(problem)),
            }
        }
        Read { statements, scope, looked_objects_up }
    }

    /// What a thread does.
    fn answer(&self, queue: &Mutex<Receiver<Batch>>) {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(batch) = next else { return };
            self.read_batch(batch);
        }
    }

    fn read_batch(&self, Batch { cuts, scope, answer }: Batch) {
        let read = self.read(&cuts, scope.clone());
        // If nobody waits for it any more, it is not needed.
        let _ = answer.send(Answer { cuts, scope, read });
    }
}

/// The side that takes what was read, in order.
struct Ahead<'a> {
    reader: &'a Reader<'a>,
    queue: &'a Mutex<Receiver<Batch>>,
    /// How many batches are under way at most; none if there are no threads.
    most_under_way: usize,
    batches: Sender<Batch>,
    /// Where the answers come, in order.
    under_way: VecDeque<Receiver<Answer>>,
    /// What names mean after what was taken so far.
    scope: Scope,
    problems: Vec<Problem>,
    each: &'a mut dyn FnMut(ReadStatement),
}

impl Ahead<'_> {
    /// Gives a batch away, and takes what is due.
    fn give(&mut self, cuts: Vec<Cut>) {
        let is_long = cuts.iter().map(Cut::bytes).sum::<usize>() > MOST_BYTES_AHEAD;
        if self.most_under_way == 0 || is_long || self.scope.looks_objects_up() {
            while self.take() {}
            return self.read_here(&cuts);
        }
        let (answer, receiver) = sync_channel(1);
        // The queue is there as long as this is.
        let _ = self.batches.send(Batch { cuts, scope: self.scope.without_objects(), answer });
        self.under_way.push_back(receiver);
        if self.under_way.len() >= self.most_under_way {
            self.take();
        }
    }

    /// Takes the next batch, if there is one.
    fn take(&mut self) -> bool {
        // Without an answer, the thread has panicked, and so does the scope of threads.
        let Some(Some(Answer { cuts, scope, read })) =
            self.under_way.pop_front().map(|receiver| self.wait_for(&receiver))
        else {
            return false;
        };
        if read.looked_objects_up || scope != self.scope.without_objects() {
            self.read_here(&cuts);
        } else {
            let objects = self.scope.objects.take();
            self.scope = Scope { objects, ..read.scope };
            for statement in read.statements {
                if let Ok(statement) = &statement {
                    self.scope.follow_objects(&statement.effects);
                }
                self.hand_over(statement);
            }
        }
        true
    }

    /// Waits for an answer, and reads what no thread has begun in the meantime.
    fn wait_for(&self, receiver: &Receiver<Answer>) -> Option<Answer> {
        loop {
            match receiver.try_recv() {
                Ok(answer) => return Some(answer),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => {}
            }
            // If another thread has the queue, it waits for a batch: there is none.
            let next = self.queue.try_lock().ok().and_then(|queue| queue.try_recv().ok());
            let Some(batch) = next else { return receiver.recv().ok() };
            self.reader.read_batch(batch);
        }
    }

    fn read_here(&mut self, cuts: &[Cut]) {
        // Two of it would copy the objects at the first that is made.
        let objects = self.scope.objects.take();
        let read = self.reader.read(cuts, Scope { objects, ..self.scope.clone() });
        self.scope = read.scope;
        read.statements.into_iter().for_each(|statement| self.hand_over(statement));
    }

    fn hand_over(&mut self, statement: Result<ReadStatement, Problem>) {
        match statement {
            Ok(statement) => (self.each)(statement),
            Err(problem) => self.problems.push(problem),
        }
    }

    fn finish(mut self) -> Vec<Problem> {
        while self.take() {}
        self.problems
    }
}

#[cfg(test)]
mod tests;
