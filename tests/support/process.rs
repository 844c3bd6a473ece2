//! Processes that end with this one, however that ends.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Instant,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// The shell waits for the end of its input, which is the end of the tests, and takes the process and its folder along. What
/// the process inherits comes as the shell's third file, and becomes the first after those that every process has.
const KEEPER: &str = r#"dir=$1; shift; cd "$dir"; "$@" >log 3>&2 2>&1 & pid=$!; exec 2>/dev/null; echo $pid; cat >/dev/null; kill -9 $pid; wait $pid; rm -rf "$dir""#;

/// Lines of its log that are shown when its test fails.
const LAST: usize = 40;

/// A process in a folder of its own, where its log is.
pub struct Process {
    keeper: Child,
    pid: Pid,
    folder: PathBuf,
}

impl Process {
    /// Starts a program in a new folder.
    pub fn start(program: impl AsRef<Path>, args: &[impl AsRef<str>]) -> Self {
        Self::inheriting(Stdio::null(), program, args)
    }

    /// Starts a program that inherits a file as its file 3.
    pub fn inheriting(file: Stdio, program: impl AsRef<Path>, args: &[impl AsRef<str>]) -> Self {
        let folder = tempfile::tempdir().unwrap().keep();
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .args([&folder, program.as_ref()])
            .args(args.iter().map(AsRef::as_ref))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .unwrap();
        let mut pid = String::new();
        BufReader::new(keeper.stdout.take().unwrap())
            .read_line(&mut pid)
            .unwrap();
        Self {
            keeper,
            pid: Pid::from_raw(pid.trim().parse().unwrap()),
            folder,
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub const fn id(&self) -> i32 {
        self.pid.as_raw()
    }

    /// What it has written to its outputs so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Whether it has not ended yet, with all its threads: as long as one of them ends, its files are open and locked.
    pub fn lives(&self) -> bool {
        // Who has ended is a zombie for as long as the keeper waits.
        let stat = File::open(format!("/proc/{}/stat", self.pid)).map(BufReader::new);
        let line = stat.and_then(|mut stat| {
            let mut line = String::new();
            stat.read_line(&mut line).map(|_| line)
        });
        let is_zombie = |line: &str| line.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z'));
        let threads = fs::read_dir(format!("/proc/{}/task", self.pid)).map_or(0, Iterator::count);
        line.is_ok_and(|line| !is_zombie(&line) || threads > 1)
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.pid, signal).unwrap();
    }

    /// Stops it, and waits until all its threads have stopped: the signal alone lets them do what they are at.
    pub fn stop(&self) {
        self.signal(Signal::SIGSTOP);
        let deadline = Instant::now() + super::TIMEOUT;
        while !self.is_stopped() {
            assert!(Instant::now() < deadline, "it does not stop");
            std::thread::yield_now();
        }
    }

    fn is_stopped(&self) -> bool {
        let threads = fs::read_dir(format!("/proc/{}/task", self.pid)).unwrap();
        threads.map(|thread| thread.unwrap().path().join("stat")).all(|stat| {
            // A thread that has just ended is not there the next time.
            let stat = fs::read_to_string(stat);
            stat.is_ok_and(|stat| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T')))
        })
    }
}

impl Drop for Process {
    #[expect(clippy::print_stderr, reason = "a test has no other place for it")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            // What a test that failed on a busy machine leaves behind is all that there is to learn from.
            let log = self.log();
            // A mongod writes so much for information that what the test said itself would be lost in it.
            let said = log.lines().rev().filter(|line| !line.contains(r#""s":"I""#));
            let last = said.take(LAST).collect::<Vec<_>>().into_iter().rev();
            eprintln!("-- the last of process {}:", self.pid);
            last.for_each(|line| eprintln!("{line}"));
        }
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}
