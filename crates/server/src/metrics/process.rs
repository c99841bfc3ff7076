//! Asks the system about this process.

/// Returns how many bytes of memory the process has; nothing where the system does not say.
pub(super) async fn resident_bytes() -> Option<u64> {
    let status = tokio::task::spawn_blocking(|| std::fs::read_to_string("/proc/self/status")).await;
    resident(&status.ok()?.ok()?)
}

fn resident(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes = line.trim().strip_suffix("kB")?.trim();
    kilobytes.parse::<u64>().ok()?.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_found() {
        let status = "Name:\tearnest\nVmHWM:\t  9 kB\nVmRSS:\t  2048 kB\nThreads:\t3\n";
        assert_eq!(resident(status), Some(2_097_152));
        assert_eq!(resident("Name:\tearnest\n"), None);
    }
}
