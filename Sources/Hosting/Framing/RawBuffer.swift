import Glibc

/// Bytes between a descriptor and a frame: filled at the end, emptied at the start, never copied on write.
///
/// An array would be copied as a whole when it is shifted while a slice of it is alive.
///
/// Safety: the memory is this value's alone, which cannot be copied, until `deinit` frees it. An address that is taken from
/// it is good until the buffer is changed next: who takes one says `unsafe`.
@safe
struct RawBuffer: ~Copyable {
    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    private var start = 0
    private var end = 0
    private let usualCapacity: Int

    init(capacity: Int) {
        unsafe memory = .allocate(byteCount: capacity, alignment: 16)
        self.capacity = capacity
        usualCapacity = capacity
    }

    deinit {
        unsafe memory.deallocate()
    }

    var count: Int { end - start }

    /// The address of the first byte.
    var first: UnsafeRawPointer { unsafe UnsafeRawPointer(memory + start) }

    var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: first, count: count) }

    /// The room behind the bytes.
    var room: UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(start: memory + end, count: capacity - end)
    }

    /// Makes the room at least `needed` bytes.
    mutating func reserve(_ needed: Int) {
        guard capacity - end < needed else { return }
        if capacity - count >= needed {
            unsafe memory.copyMemory(from: memory + start, byteCount: count)
        } else {
            let larger = UnsafeMutableRawPointer.allocate(byteCount: count + needed, alignment: 16)
            unsafe larger.copyMemory(from: memory + start, byteCount: count)
            unsafe memory.deallocate()
            unsafe memory = larger
            capacity = count + needed
        }
        end = count
        start = 0
    }

    /// Takes `added` bytes of the room, which the caller has filled, to the bytes.
    mutating func extend(by added: Int) {
        end += added
    }

    mutating func append(_ added: UnsafeRawBufferPointer) {
        reserve(added.count)
        unsafe room.copyMemory(from: added)
        end += added.count
    }

    /// Drops bytes from the start, and, once empty, what a large frame needed beyond the usual.
    mutating func consume(_ dropped: Int) {
        start += dropped
        guard start == end else { return }
        start = 0
        end = 0
        guard capacity > usualCapacity else { return }
        unsafe memory.deallocate()
        unsafe memory = .allocate(byteCount: usualCapacity, alignment: 16)
        capacity = usualCapacity
    }
}
