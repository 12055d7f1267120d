//! [`Turns`]: two drives that take turns, a step of one and then a step of the other.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Whose turn it is.
#[derive(Debug, Default)]
pub(super) struct Turns {
    table: Mutex<Table>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Table {
    /// Whether the second drive is next.
    second: bool,
    /// By drive, whether it has ended.
    ended: [bool; 2],
}

impl Turns {
    /// The seat of the first or of the second drive. When it is dropped, the drive has
    /// ended, so that the other one waits no longer.
    pub(super) fn seat(&self, second: bool) -> Seat<'_> {
        Seat {
            turns: self,
            second,
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one drive.
#[derive(Debug)]
pub(super) struct Seat<'t> {
    turns: &'t Turns,
    second: bool,
}

impl Seat<'_> {
    /// Waits for its turn, which lasts until the result is dropped.
    pub(super) fn turn(&self) -> Turn<'_> {
        let mut table = self.turns.table();
        let waits = |table: &mut Table| {
            table.second != self.second && !table.ended[usize::from(!self.second)]
        };
        let changed = &self.turns.changed;
        table = changed
            .wait_while(table, waits)
            .unwrap_or_else(PoisonError::into_inner);
        drop(table);
        Turn { seat: self }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.turns.table().ended[usize::from(self.second)] = true;
        self.turns.changed.notify_all();
    }
}

/// The turn of one drive.
#[derive(Debug)]
pub(super) struct Turn<'s> {
    seat: &'s Seat<'s>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.seat.turns.table().second = !self.seat.second;
        self.seat.turns.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drives_alternate_and_the_longer_one_goes_on_alone() {
        let turns = Turns::default();
        let order = Mutex::new(String::new());
        let drive = |seat: Seat<'_>, letter: char, steps: usize| {
            for _ in 0..steps {
                let _turn = seat.turn();
                order.lock().expect("the order").push(letter);
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(|| drive(turns.seat(true), 'b', 4));
            drive(turns.seat(false), 'a', 2);
        });
        assert_eq!(order.into_inner().expect("the order"), "ababbb");
    }

    #[test]
    fn drive_without_steps_keeps_the_other_one_from_waiting() {
        let turns = Turns::default();
        drop(turns.seat(false));
        let second = turns.seat(true);
        drop(second.turn());
        drop(second.turn());
    }
}
