//! HTTP by hand, for what no client library would send.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::in_time;

/// Writes bytes and reads the answer to its end, which the server must make.
pub async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    rest(&mut stream).await
}

/// Writes bytes and leaves the connection open.
pub async fn begin(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

/// Begins a request and waits until its body is asked for: from then on the server reads it.
pub async fn begin_asked(address: SocketAddr, head: &str) -> TcpStream {
    let head = format!("{head}Expect: 100-continue\r\nConnection: close\r\n\r\n");
    let mut stream = begin(address, head.as_bytes()).await;
    let mut asked = [0; 25];
    in_time("the body is asked for", stream.read_exact(&mut asked))
        .await
        .unwrap();
    assert_eq!(asked, *b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

/// What comes until the server closes the connection.
pub async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset after the answer is an end, too.
    let _ = in_time("the end of the connection", stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// The head of a multipart request up to the bytes of its file.
pub fn upload_head(room: &str, cookie: &str, length: &str) -> Vec<u8> {
    format!(
        "POST /room/{room}/gif HTTP/1.1\r\nHost: gifchat\r\nCookie: {cookie}\r\nAccept: application/json\r\n\
         Content-Type: multipart/form-data; boundary=cut\r\n{length}\r\n\r\n"
    )
    .into_bytes()
}

/// The part of a form that is the GIF, up to its bytes.
pub const GIF_PART: &[u8] =
    b"--cut\r\nContent-Disposition: form-data; name=\"gif\"; filename=\"a.gif\"\r\nContent-Type: image/gif\r\n\r\n";

/// The end of a form.
pub const FORM_END: &[u8] = b"\r\n--cut--\r\n";
