//! A replica set of one member for the whole test run. It ends with the process, however that ends.

use std::{
    net::TcpListener,
    process::{Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

use mongodb::{Client, bson::doc};

/// The shell waits for the end of its input, which is the end of the tests, and takes the mongod with it.
const KEEPER: &str = r#"dir=$1; shift; "$@" >/dev/null 2>&1 & pid=$!; cat >/dev/null; kill -9 $pid; rm -rf "$dir""#;

/// The port of the mongod, which is started when it is first asked for.
pub fn port() -> u16 {
    static PORT: OnceLock<u16> = OnceLock::new();
    *PORT.get_or_init(|| {
        // A thread and a runtime of its own: the one of the test that came first ends with it.
        let start = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(start())
        });
        start.join().unwrap()
    })
}

async fn start() -> u16 {
    let mongod = std::env::var("MONGOD").expect("MONGOD names the mongod to test with");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let dir = tempfile::tempdir().unwrap().keep();
    let (data, log) = (dir.join("data"), dir.join("log"));
    std::fs::create_dir(&data).unwrap();
    let keeper = Command::new("sh")
        .args(["-c", KEEPER, "keeper"])
        .arg(&dir)
        .arg(mongod)
        .arg("--dbpath")
        .arg(&data)
        .arg("--logpath")
        .arg(&log)
        .args([
            "--bind_ip",
            "127.0.0.1",
            "--port",
            &port.to_string(),
            "--replSet",
            "rs0",
            "--nounixsocket",
        ])
        .args(["--oplogSize", "16", "--wiredTigerCacheSizeGB", "0.25"])
        .args(["--wiredTigerEngineConfigString", "log=(file_max=8MB,prealloc=false)"])
        .args(["--setParameter", "ttlMonitorSleepSecs=1"])
        .args(["--setParameter", "diagnosticDataCollectionEnabled=false"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    // Its input has to stay open for as long as the process lives.
    std::mem::forget(keeper);
    let client = Client::with_uri_str(format!("mongodb://127.0.0.1:{port}/?directConnection=true"))
        .await
        .unwrap();
    let admin = client.database("admin");
    let members = doc! { "_id": "rs0", "members": [{ "_id": 0, "host": format!("127.0.0.1:{port}") }] };
    admin.run_command(doc! { "replSetInitiate": members }).await.unwrap();
    while !is_primary(&admin).await {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    port
}

async fn is_primary(admin: &mongodb::Database) -> bool {
    let hello = admin.run_command(doc! { "hello": 1 }).await;
    hello.is_ok_and(|hello| hello.get_bool("isWritablePrimary").unwrap_or(false))
}
