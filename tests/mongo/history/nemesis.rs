//! Harms servers, databases and the way between them at random, and heals everything at the end.

use std::{pin::pin, time::Duration};

use nix::sys::signal::Signal;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{sync::watch, time::sleep};

use super::cluster::{Databases, LEASE, MEMBERS, Servers};
use crate::proxy::Way;

/// The longest time without a fault.
const CALM: u64 = 2_500;

/// Decides what happens when.
pub struct Nemesis {
    name: &'static str,
    random: StdRng,
    stop: watch::Receiver<bool>,
}

impl Nemesis {
    pub fn new(name: &'static str, seed: u64, stop: watch::Receiver<bool>) -> Self {
        Self {
            name,
            random: StdRng::seed_from_u64(seed),
            stop,
        }
    }

    /// Harms servers until it is told to stop.
    pub async fn harm_servers(mut self, mut servers: Servers) -> Servers {
        while !*self.stop.borrow() {
            self.pause(200..CALM).await;
            let server = self.random.random_range(0..MEMBERS);
            match self.random.random_range(0..8) {
                0 => self.kill_server(&mut servers, server, 0..2_000).await,
                // Long enough that the others take its seats.
                1 => self.kill_server(&mut servers, server, lease(1_500..3_000)).await,
                2 => self.stop_server(&servers, server, 100..2_000).await,
                3 => self.stop_server(&servers, server, lease(1_500..3_000)).await,
                4 => {
                    let late = self.random.random_range(20..400);
                    self.trouble(&servers, Way::Slow(Duration::from_millis(late)), 1_000..4_000)
                        .await;
                }
                5 | 6 => self.trouble(&servers, Way::PostsUnanswered, 300..3_500).await,
                _ => {
                    let way = [Way::Cut, Way::Stalled][self.random.random_range(0..2)];
                    self.trouble(&servers, way, 300..6_500).await;
                }
            }
        }
        servers.ready().await;
        servers
    }

    async fn kill_server(&mut self, servers: &mut Servers, server: usize, time: std::ops::Range<u64>) {
        self.say(&format!("kills server {server}"));
        servers.signal(server, Signal::SIGKILL);
        self.pause(time).await;
        servers.restart(server).await;
        self.say(&format!("started server {server} again"));
    }

    async fn stop_server(&mut self, servers: &Servers, server: usize, time: std::ops::Range<u64>) {
        self.say(&format!("stops server {server}"));
        servers.signal(server, Signal::SIGSTOP);
        self.pause(time).await;
        servers.signal(server, Signal::SIGCONT);
        self.say(&format!("lets server {server} go on"));
    }

    /// Troubles the way to the database. What was held back comes late, or never.
    async fn trouble(&mut self, servers: &Servers, way: Way, time: std::ops::Range<u64>) {
        self.say(&format!("server 0 reaches the database so: {way:?}"));
        servers.set_way(way);
        self.pause(time).await;
        if self.random.random_bool(0.5) {
            servers.set_way(Way::Cut);
        }
        servers.set_way(Way::Open);
        self.say("server 0 reaches the database again");
    }

    /// Harms members of the replica set until it is told to stop. A majority of them is always there.
    pub async fn harm_databases(mut self, mut databases: Databases) -> Databases {
        while !*self.stop.borrow() {
            self.pause(500..2 * CALM).await;
            let (fault, any) = (self.random.random_range(0..4), self.random.random_range(0..MEMBERS));
            let is_primary = self.random.random_bool(0.75);
            let member = databases.primary().await.filter(|_| is_primary).unwrap_or(any);
            match fault {
                0 => {
                    self.say(&format!("kills member {member}"));
                    databases.signal(member, Signal::SIGKILL);
                    self.pause(0..3_000).await;
                    databases.restart(member).await;
                    self.say(&format!("started member {member} again"));
                }
                1 | 2 => {
                    self.say(&format!("stops member {member}"));
                    databases.signal(member, Signal::SIGSTOP);
                    self.pause(200..6_000).await;
                    databases.signal(member, Signal::SIGCONT);
                    self.say(&format!("lets member {member} go on"));
                }
                _ => {
                    self.say(&format!("lets member {member} step down"));
                    databases.step_down(member).await;
                }
            }
        }
        databases.healthy().await;
        databases
    }

    /// Waits for a random time, or until it is told to stop.
    async fn pause(&mut self, millis: std::ops::Range<u64>) {
        let time = Duration::from_millis(self.random.random_range(millis));
        let mut stop = self.stop.clone();
        let stopped = pin!(stop.wait_for(|stop| *stop));
        tokio::select! {
            () = sleep(time) => (),
            _ = stopped => (),
        }
    }

    fn say(&self, what: &str) {
        println!("{} {what}", self.name);
    }
}

/// So many milliseconds more than a lease lasts.
fn lease(more: std::ops::Range<u64>) -> std::ops::Range<u64> {
    let lease = LEASE.as_secs() * 1_000;
    lease + more.start..lease + more.end
}
