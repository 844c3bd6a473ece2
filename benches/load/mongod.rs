//! A MongoDB replica set of one member, for as long as it is measured.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use mongodb::{Client, bson::doc};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::time::sleep;

const TIMEOUT: Duration = Duration::from_secs(30);

/// A running mongod. It ends and its data is gone when it is dropped.
pub struct Mongod {
    child: Child,
    address: SocketAddr,
    _data: TempDir,
}

impl Mongod {
    /// Starts the one that `MONGOD` names, with its own settings of what is durable: a majority has it on disk.
    pub async fn start() -> Result<Self> {
        let program = std::env::var_os("MONGOD").context("MONGOD names no mongod to measure with")?;
        let data = tempfile::tempdir()?;
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let child = Command::new(program)
            .current_dir(data.path())
            .args(["--dbpath", ".", "--logpath", "log", "--bind_ip", "127.0.0.1"])
            .args([
                "--port",
                &address.port().to_string(),
                "--replSet",
                "rs0",
                "--nounixsocket",
            ])
            .args(["--oplogSize", "512", "--wiredTigerCacheSizeGB", "0.5"])
            .args(["--setParameter", "diagnosticDataCollectionEnabled=false"])
            .stdout(Stdio::null())
            .spawn()
            .context("mongod can't be started")?;
        let mongod = Self {
            child,
            address,
            _data: data,
        };
        mongod.initiate().await?;
        Ok(mongod)
    }

    async fn initiate(&self) -> Result<()> {
        let client = Client::with_uri_str(format!("mongodb://{}/?directConnection=true", self.address)).await?;
        let admin = client.database("admin");
        let members = doc! { "_id": "rs0", "members": [{ "_id": 0, "host": self.address.to_string() }] };
        admin.run_command(doc! { "replSetInitiate": members }).await?;
        let begun = Instant::now();
        while begun.elapsed() < TIMEOUT {
            let hello = admin.run_command(doc! { "hello": 1 }).await?;
            if hello.get_bool("isWritablePrimary").unwrap_or(false) {
                return Ok(());
            }
            sleep(Duration::from_millis(20)).await;
        }
        bail!("the replica set has no primary")
    }

    /// The address of its database.
    pub fn url(&self) -> String {
        format!("mongodb://{}/gifchat?replicaSet=rs0", self.address)
    }

    pub fn pid(&self) -> Result<Pid> {
        Ok(Pid::from_raw(i32::try_from(self.child.id())?))
    }
}

impl Drop for Mongod {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
