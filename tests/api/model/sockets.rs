//! Commands that sockets alone can give: they take seats and free them.

use std::{sync::Arc, time::Duration};

use gifchat::rules::{Command, Leave, RELOAD};
use serde_json::Value;

use super::{
    acting::{of_ack, same},
    rooms::{decided, now},
    world::{Tab, World, equal, shown},
};

/// Sockets of one visitor at most.
const TABS: usize = 3;

impl World {
    /// Joins by one of the visitor's sockets or a new one. Who is in another room leaves it.
    pub async fn enter(&mut self, who: usize, place: Option<usize>, tab: Option<usize>) -> Result<(), String> {
        let (id, person) = (self.id(place), &mut self.people[who]);
        let tab = match tab.and_then(|tab| tab.checked_rem(person.tabs.len())) {
            Some(tab) => tab,
            None if person.tabs.len() == TABS => 0,
            None => {
                self.keys += 1;
                person.tabs.push(Tab {
                    socket: person.visitor.connect("/chat").await,
                    key: self.keys,
                    room: None,
                    listens: false,
                    heard: 0,
                });
                person.tabs.len() - 1
            }
        };
        self.let_seats_be_given_up(place).await;
        let says = place.filter(|place| !self.rooms[*place].state.ended);
        let says = says.map_or("room_not_found", |place| self.door_says(who, place, true));
        let person = &mut self.people[who];
        let (guest, tab) = (person.guest, &mut person.tabs[tab]);
        let answered = of_ack(tab.socket.ask("join", id).await);
        let code = answered.as_ref().map_or_else(String::as_str, |_| "ok");
        equal("a join by docs/interface.md", &code.into(), &says.into())?;
        let mut room = place.map(|place| &mut self.rooms[place]);
        let enter = Command::Enter(guest, tab.hold());
        if let Some(room) = &mut room {
            room.free_a_seat_for(&enter);
        }
        let decided = decided(room, &enter);
        let (Some((_, ack)), Some(place)) = (same(decided, answered)?, place) else {
            return Ok(());
        };
        self.rooms[place].door.came.insert(who);
        let state = &self.rooms[place].state;
        equal("who joined", &ack["you"], &shown(guest.visitor))?;
        equal(
            "the room that somebody joined",
            &shown(&ack["room"]),
            &shown(&state.room),
        )?;
        equal("the members there", &ack["members"], &shown(state.members()))?;
        equal("who of them is away", &ack["away"], &shown(state.away()))?;
        equal("the last message there", &ack["seq"], &state.seq.into())?;
        let before = tab.room.replace(place).filter(|before| *before != place);
        if !tab.listens || before.is_some() {
            (tab.listens, tab.heard) = (true, state.seq);
        }
        if let Some(before) = before {
            let leave = Command::Leave(guest.visitor.id, tab.hold(), Leave::Explicit);
            super::rooms::decided(Some(&mut self.rooms[before]), &leave)
                .map_err(|refusal| refusal.code().to_owned())?;
        }
        Ok(())
    }

    /// Waits while nobody could say whether the seat of somebody who is away may be given up already.
    async fn let_seats_be_given_up(&self, place: Option<usize>) {
        let seats = place.map(|place| Arc::clone(&self.rooms[place].state.seats));
        for seat in seats.iter().flat_map(|seats| seats.iter()) {
            let away = seat.disconnected_at.map(|since| now().steady.millis() - since.millis());
            let left = away.map(|away| RELOAD.as_millis() as i64 - away);
            if let Some(left) = left.filter(|left| left.abs() < 500) {
                tokio::time::sleep(Duration::from_millis(u64::try_from(left + 500).unwrap())).await;
            }
        }
    }

    /// Leaves the room of a socket.
    pub async fn leave(&mut self, who: usize, tab: usize) -> Result<(), String> {
        let tabs = &mut self.people[who].tabs;
        let Some(tab) = tab.checked_rem(tabs.len()) else {
            return Ok(());
        };
        let answered = of_ack(tabs[tab].socket.ask("leave", Value::Null).await);
        tabs[tab].socket.try_events();
        tabs[tab].listens = false;
        self.gone(who, tab, Leave::Explicit);
        same(Ok(()), answered).map(drop)
    }

    /// Lets the model know that a socket is in its room no longer.
    fn gone(&mut self, who: usize, tab: usize, how: Leave) {
        let person = &mut self.people[who];
        let tab = &mut person.tabs[tab];
        if let Some(room) = tab.room.take() {
            let leave = Command::Leave(person.guest.visitor.id, tab.hold(), how);
            let _ = decided(Some(&mut self.rooms[room]), &leave);
        }
    }

    /// A socket that may be disconnected: if others hold the same seat, nobody could see when the server has noticed.
    fn replaceable(&self, who: usize, tab: usize) -> Option<usize> {
        let person = &self.people[who];
        let tab = tab.checked_rem(person.tabs.len())?;
        let room = person.tabs[tab].room;
        let alone = room.is_none_or(|room| self.rooms[room].holds(person.guest.visitor.id) < 2);
        alone.then_some(tab)
    }

    pub async fn goodbye(&mut self, who: usize, tab: usize) -> Result<(), String> {
        if let Some(tab) = self.replaceable(who, tab) {
            self.gone(who, tab, Leave::Explicit);
            self.people[who].tabs.remove(tab).socket.goodbye().await;
        }
        Ok(())
    }

    /// Says that the page of a room is closed. Nobody sees what that is good for until the connection goes.
    pub async fn close_page(&mut self, who: usize, place: Option<usize>) -> Result<(), String> {
        let person = &self.people[who];
        let answer = person.visitor.close_page(&self.id(place)).await;
        equal(
            "the answer to a page that is closed",
            &answer.status.into(),
            &204.into(),
        )?;
        let command = Command::ClosePage(person.guest.visitor.id);
        let _ = decided(place.map(|place| &mut self.rooms[place]), &command);
        Ok(())
    }

    pub async fn break_connection(&mut self, who: usize, tab: usize) -> Result<(), String> {
        if let Some(tab) = self.replaceable(who, tab) {
            self.gone(who, tab, Leave::Disconnected);
            self.people[who].tabs.remove(tab);
        }
        Ok(())
    }

    /// Restarts the server, which takes all sockets along.
    pub async fn restart(&mut self) -> Result<(), String> {
        self.app.restart().await;
        self.people.iter_mut().for_each(|person| person.tabs.clear());
        for room in self.open.iter().flatten() {
            self.rooms[*room].restart();
        }
        Ok(())
    }
}
