//! A batch of tasks: what is decided about each room, and what became of it.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Instant,
};

use super::{Committed, Job, Outcome, Request, Task, unknown};
use crate::{
    domain::{MessageId, Moment, Refusal, RoomId},
    rules::{Command, Event, Now, decide, decide_without},
    store::{
        StoreError,
        mongo::{
            documents::{Entry, Record, Shown},
            folded::Folded,
            room_cache::RoomCache,
        },
    },
};

/// Why an entry was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Another server was first.
    Conflict,
    /// A message or whisper with its nonce is there already.
    Repeated,
    /// There is no space left.
    Full,
    /// Nobody knows.
    Unknown,
}

/// How many entries of a stage are stored, and why not the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    pub count: usize,
    pub failure: Option<Failure>,
}

impl Stored {
    /// By what became of each of so many entries.
    pub fn of(outcomes: impl IntoIterator<Item = Result<(), Failure>>, entries: usize) -> Self {
        let mut count = 0;
        for outcome in outcomes.into_iter().take(entries) {
            match outcome {
                Ok(()) => count += 1,
                Err(failure) => {
                    return Self {
                        count,
                        failure: Some(failure),
                    };
                }
            }
        }
        Self { count, failure: None }
    }
}

/// The rooms of a batch.
pub struct Batch {
    pub stages: Vec<Stage>,
}

/// What is to be appended to a room.
pub struct Stage {
    room: Option<Folded>,
    pub entries: Vec<Entry>,
    jobs: Vec<(Job, Verdict)>,
}

enum Verdict {
    /// Refused on the state after so many entries of the stage.
    Refused(Refusal, usize),
    /// There is nothing to do, on the state after so many entries.
    Nothing(Box<Committed>, usize),
    /// To be appended as that entry of the stage.
    Append(Box<Committed>, usize),
    /// The facts are outdated.
    Stale,
}

impl Batch {
    /// Decides tasks in their order.
    pub fn decide(cache: &RoomCache, by: &Arc<str>, jobs: VecDeque<Job>) -> Self {
        let mut by_room: HashMap<RoomId, Stage> = HashMap::new();
        for job in jobs {
            let room = job.request.room;
            let stage = by_room.entry(room).or_insert_with(|| Stage {
                room: cache.get(room).map(|room| (*room).clone()),
                entries: Vec::new(),
                jobs: Vec::new(),
            });
            let verdict = stage.decide(&job.request, by);
            stage.jobs.push((job, verdict));
        }
        Self {
            stages: by_room.into_values().collect(),
        }
    }
}

impl Stage {
    fn decide(&mut self, request: &Request, by: &Arc<str>) -> Verdict {
        let at = self.entries.len();
        let Some(room) = &mut self.room else {
            return match &request.task {
                Task::Command(command) => match decide_without(command) {
                    Err(refusal) => Verdict::Refused(refusal, at),
                    Ok(_) => Verdict::Refused(Refusal::RoomNotFound, at),
                },
                Task::Erased(_) => Verdict::Refused(Refusal::RoomNotFound, at),
            };
        };
        if let (Task::Command(command), Some(seen)) = (&request.task, request.facts_at)
            && room.outdates(command, seen)
        {
            return Verdict::Stale;
        }
        let now = Moment::now();
        let record = match &request.task {
            Task::Erased(seq) => {
                let pending = room.deletions.iter().any(|deletion| deletion.seq == *seq)
                    || room.edits.iter().any(|edit| edit.seq == *seq);
                (pending && !room.state.ended).then_some(Record::Erased(*seq))
            }
            Task::Command(command) => match decide_in(room, command, request, now) {
                Ok(event) => event.map(Record::Event),
                Err(refusal) => return Verdict::Refused(refusal, at),
            },
        };
        let Some(record) = record else {
            return Verdict::Nothing(committed(room, None), at);
        };
        let entry = entry(room, record, request, (now, by));
        let committed = committed(room, Some(&entry));
        self.entries.push(entry);
        Verdict::Append(committed, at)
    }

    /// Answers what is certain; what is not has to be decided again.
    pub fn settle(self, stored: Stored, again: &mut VecDeque<Job>) {
        for (mut job, verdict) in self.jobs {
            match verdict {
                Verdict::Stale => job.answer(Ok(Outcome::Stale)),
                Verdict::Refused(refusal, after) if stored.confirms(after, job.checked) => {
                    job.answer(Err(StoreError::Refused(refusal)));
                }
                Verdict::Nothing(committed, after) if stored.confirms(after, job.checked) => {
                    job.answer(Ok(Outcome::Done(committed)));
                }
                Verdict::Append(committed, at) if at < stored.count => job.answer(Ok(Outcome::Done(committed))),
                Verdict::Append(_, at) if at == stored.count && stored.failure == Some(Failure::Repeated) => {
                    job.answer(Ok(Outcome::Repeated));
                }
                _ => match stored.failure {
                    Some(Failure::Full) => job.answer(Err(StoreError::Full)),
                    Some(Failure::Unknown) => job.answer(Err(unknown())),
                    _ => {
                        job.outdated = true;
                        if stored.failure == Some(Failure::Conflict) {
                            job.losing.get_or_insert_with(Instant::now);
                        }
                        again.push_back(job);
                    }
                },
            }
        }
    }
}

impl Stored {
    /// Whether the state after so many entries was the newest at some moment since the job came: an entry that was stored
    /// proves that there was no other.
    fn confirms(self, entries: usize, checked: bool) -> bool {
        entries <= self.count && (checked || self.count > 0)
    }
}

fn decide_in(room: &Folded, command: &Command, request: &Request, now: Moment) -> Result<Option<Event>, Refusal> {
    let events = decide(&room.state, command, &request.facts, Now::at(now))?;
    debug_assert!(events.len() <= 1, "one entry for each command");
    Ok(events.into_iter().next())
}

/// The next entry of a room, which is applied to it.
fn entry(room: &mut Folded, record: Record, request: &Request, (at, by): (Moment, &Arc<str>)) -> Entry {
    let is_message = matches!(&record, Record::Event(event) if event.is_visible());
    let is_whisper = matches!(&record, Record::Event(Event::Whispered { .. }));
    let mut entry = Entry {
        room: request.room,
        position: room.position + 1,
        at,
        nonce: request.nonce.clone().filter(|_| is_message || is_whisper),
        record,
        shown: None,
        blank: false,
        edited: None,
        by: Arc::clone(by),
    };
    room.apply(&entry);
    entry.shown = is_message.then(|| Shown {
        seq: room.state.seq,
        id: MessageId::random(),
        count: room.state.room.count,
    });
    entry
}

fn committed(room: &Folded, entry: Option<&Entry>) -> Box<Committed> {
    Box::new(Committed {
        room: room.clone(),
        entry: entry.cloned(),
    })
}
