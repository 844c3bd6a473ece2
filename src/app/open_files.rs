//! How many connections the limit of open files allows.

use tracing::warn;

/// Files that are kept for the store, uploads and the rest, at least and at most.
const RESERVE: (u64, u64) = (64, 512);

/// Raises the limit as far as the system allows, and returns how many of the `wanted` connections fit into it.
pub fn fitting(wanted: usize) -> usize {
    let limit = rlimit::increase_nofile_limit(u64::MAX).or_else(|error| {
        warn!(%error, "the limit of open files stays as it is");
        rlimit::Resource::NOFILE.get_soft()
    });
    let Ok(limit) = limit else { return wanted };
    let connections = fit(wanted, limit);
    if connections < wanted {
        warn!(
            limit,
            connections, wanted, "the limit of open files allows fewer connections than --connections"
        );
    }
    connections
}

/// A connection may need two files: its own and that of the GIF that it takes. So neither connections nor what is
/// downloaded over them take the files of the reserve.
fn fit(wanted: usize, limit: u64) -> usize {
    let (least, most) = RESERVE;
    let reserve = (limit / 4).clamp(least, most);
    let fit = limit.saturating_sub(reserve) / 2;
    usize::try_from(fit).unwrap_or(usize::MAX).clamp(1, wanted.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_and_their_downloads_leave_the_reserve() {
        for (limit, fits) in [
            (0, 1),
            (64, 1),
            (128, 32),
            (1_024, 384),
            (20_000, 9_744),
            (65_536, 20_000),
        ] {
            assert_eq!(fit(20_000, limit), fits, "{limit}");
        }
        assert_eq!(fit(100, u64::MAX), 100);
    }
}
