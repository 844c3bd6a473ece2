//! What connections come from: a port, a socket file, or a socket that the service manager hands over.

use std::{
    fmt, fs, io,
    net::SocketAddr,
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_util::either::Either;

use crate::{config::Listen, web::Peer};

/// The bytes of a connection, over a port or a socket file.
pub type Stream = Either<TcpStream, UnixStream>;

/// Connections that wait to be accepted, as many as the system allows by default (`net.core.somaxconn`).
const BACKLOG: i32 = 4_096;

/// The owner and the group of a socket file may connect: a proxy runs as somebody else.
const MODE: u32 = 0o660;

/// Where connections come from.
pub struct Listener(Kind);

enum Kind {
    Port(TcpListener),
    Socket(UnixListener, Option<SocketFile>),
}

/// A socket file of this process, which goes away with it.
struct SocketFile {
    path: PathBuf,
    /// Device and number of the file. One that somebody else has put in its place is not removed.
    id: (u64, u64),
}

impl Listener {
    /// Listens there.
    ///
    /// # Errors
    /// A sentence: the address is in use, or may not be used.
    pub async fn bind(listen: &Listen) -> Result<Self, String> {
        Self::bind_as("--listen", listen).await
    }

    /// The same for another setting.
    ///
    /// # Errors
    /// Those of [`Self::bind`].
    pub async fn bind_as(setting: &str, listen: &Listen) -> Result<Self, String> {
        let bound = match listen {
            Listen::Address(address) => TcpListener::bind(address).await.map(Kind::Port),
            Listen::Socket(path) => bind_socket(path).map(|(listener, file)| Kind::Socket(listener, Some(file))),
        };
        bound.map(Self).map_err(|error| format!("{setting} {listen}: {error}"))
    }

    /// A socket file that this process did not make, and does not remove.
    pub fn of_socket(listener: std::os::unix::net::UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self(Kind::Socket(UnixListener::from_std(listener)?, None)))
    }

    /// A port that somebody else has taken.
    pub fn of_port(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self(Kind::Port(TcpListener::from_std(listener)?)))
    }

    /// The next connection. Nothing is lost when this is dropped.
    pub async fn accept(&self) -> io::Result<(Stream, Peer)> {
        match &self.0 {
            Kind::Port(listener) => {
                let (stream, peer) = listener.accept().await?;
                Ok((Either::Left(stream), Peer(Some(peer.ip()))))
            }
            Kind::Socket(listener, _) => {
                let (stream, _) = listener.accept().await?;
                Ok((Either::Right(stream), Peer(None)))
            }
        }
    }

    fn port(&self) -> io::Result<Option<SocketAddr>> {
        match &self.0 {
            Kind::Port(listener) => listener.local_addr().map(Some),
            Kind::Socket(..) => Ok(None),
        }
    }
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self(Kind::Port(listener))
    }
}

impl fmt::Display for Listener {
    /// The address as `--listen` takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.port(), &self.0) {
            (Ok(Some(address)), _) => address.fmt(f),
            (_, Kind::Socket(_, Some(file))) => write!(f, "unix:{}", file.path.display()),
            (_, Kind::Socket(listener, None)) => {
                let address = listener.local_addr();
                let path = address.as_ref().ok().and_then(|address| address.as_pathname());
                write!(f, "unix:{}", path.unwrap_or(Path::new("?")).display())
            }
            (_, Kind::Port(_)) => f.write_str("?"),
        }
    }
}

/// Makes a socket file. Nobody can connect before it has its mode: the umask may allow more.
fn bind_socket(path: &Path) -> io::Result<(UnixListener, SocketFile)> {
    remove_dead(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    let found = fs::symlink_metadata(path)?;
    let file = SocketFile {
        path: std::path::absolute(path)?,
        id: (found.dev(), found.ino()),
    };
    fs::set_permissions(path, fs::Permissions::from_mode(MODE))?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok((UnixListener::from_std(socket.into())?, file))
}

/// Removes the socket file of a process that has ended without doing so.
fn remove_dead(path: &Path) -> io::Result<()> {
    let taken = |why| Err(io::Error::new(io::ErrorKind::AddrInUse, why));
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(found) if !found.file_type().is_socket() => return taken("there is a file that is no socket"),
        Ok(_) => (),
    }
    // One that does not wait: a full queue would hold up the start.
    let client = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    client.set_nonblocking(true)?;
    match client.connect(&SockAddr::unix(path)?) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        // Its queue may be full, or it may be for others alone: somebody listens.
        _ => taken("another process listens there"),
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let found = fs::symlink_metadata(&self.path);
        if found.is_ok_and(|found| (found.dev(), found.ino()) == self.id) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().mode() & 0o777
    }

    #[tokio::test]
    async fn a_socket_file_lives_as_long_as_its_listener_and_its_group_may_connect() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gifchat.sock");
        let listen = Listen::Socket(path.clone());
        let listener = Listener::bind(&listen).await.unwrap();
        assert_eq!(mode(&path), 0o660);
        assert_eq!(listener.to_string(), listen.to_string());
        let refused = Listener::bind(&listen).await.err().unwrap();
        assert!(refused.contains("another process listens there"), "{refused}");
        let _client = UnixStream::connect(&path).await.unwrap();
        assert!(matches!(
            listener.accept().await.unwrap(),
            (Either::Right(_), Peer(None))
        ));
        drop(listener);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_socket_file_that_nobody_listens_on_is_replaced_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gifchat.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let listen = Listen::Socket(path.clone());
        let listener = Listener::bind(&listen).await.unwrap();
        UnixStream::connect(&path).await.unwrap();
        // Somebody else's file in its place stays.
        fs::remove_file(&path).unwrap();
        fs::write(&path, "mine").unwrap();
        drop(listener);
        let refused = Listener::bind(&listen).await.err().unwrap();
        assert!(refused.contains("no socket"), "{refused}");
        assert_eq!(fs::read(&path).unwrap(), b"mine");
    }
}
