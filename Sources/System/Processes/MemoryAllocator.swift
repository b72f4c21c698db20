internal import CLinux

/// How this process's memory comes from the kernel and goes back.
package enum MemoryAllocator {
    /// Memory that is free stays with the process up to these many bytes for each of the allocator's arenas, instead of
    /// going back to the kernel and coming anew, a page fault for each 4 KB: what a thread needs for a batch of messages
    /// it needs for the next one as well.
    private static let keptBytes: Int32 = 4 << 20

    /// Called once, by a process that lives long and handles many small messages.
    package static func keepFreed() {
        // Setting one turns off glibc's own adjustment of the other.
        mallopt(M_TRIM_THRESHOLD, keptBytes)
        mallopt(M_MMAP_THRESHOLD, keptBytes)
    }
}
