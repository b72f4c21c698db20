import Glibc

/// A data set as `optimizer datasets` lists it.
package struct DataSetEntry: Equatable, Sendable {
    package let name: DataSetName
    /// `sha256:` and 64 hexadecimal digits.
    package let version: String
    package let bars: Int
    /// First and last bar, `2010-01-04` or RFC 3339.
    package let start: String
    package let end: String
}

/// What lies under a data root.
package enum DatasetCatalogue {
    /// The newest version of every data set, by name; from the files' headers, without reading the bars.
    package static func list(_ root: String) -> [DataSetEntry] {
        guard let folder = Descriptor.directory(root) else { return [] }
        var entries: [DataSetEntry] = []
        for dataset in names(in: folder) {
            guard let timeframes = folder.directory(dataset) else { continue }
            for timeframe in names(in: timeframes) {
                guard let name = DataSetName(dataset: dataset, timeframe: timeframe),
                    let versions = timeframes.directory(timeframe), let entry = newest(name, in: versions)
                else { continue }
                entries.append(entry)
            }
        }
        return entries
    }

    private static func newest(_ name: DataSetName, in folder: borrowing Descriptor) -> DataSetEntry? {
        guard let pointer = folder.file(DataSetFiles.latest) else { return nil }
        let digest = String(decoding: pointer.read(atMost: 64), as: UTF8.self)
        guard DataSetFiles.isDigest(digest), let file = folder.file(DataSetFiles.file(digest)) else { return nil }
        let header = file.read(atMost: ColumnFile.headerSize)
        guard header.count == ColumnFile.headerSize, header.starts(with: ColumnFile.magic) else { return nil }
        return unsafe header.withUnsafeBytes { bytes in
            unsafe DataSetEntry(
                name: name, version: "sha256:" + digest,
                bars: Int(clamping: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
                start: BarTime.text(bytes.loadUnaligned(fromByteOffset: 32, as: Int64.self)),
                end: BarTime.text(bytes.loadUnaligned(fromByteOffset: 40, as: Int64.self)))
        }
    }

    /// The valid names in a directory, sorted.
    private static func names(in folder: borrowing Descriptor) -> [String] {
        // fdopendir takes its descriptor over, so it gets one of its own.
        let copy = fcntl(folder.number, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0, let stream = unsafe fdopendir(copy) else {
            if copy >= 0 { close(copy) }
            return []
        }
        defer { unsafe closedir(stream) }
        // The copy shares its position with the original.
        unsafe rewinddir(stream)
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if DataSetName.isValid(name) { names.append(name) }
        }
        return names.sorted()
    }
}
