import Foundation
import Glibc

/// What the kernel says of this process, under the names that Prometheus's own libraries give it.
struct ProcessFigures {
    var cpuSeconds: Double
    var residentBytes: Int
    var virtualBytes: Int
    var openFiles: Int
    var mostFiles: Int
    /// Since 1970.
    var started: Double

    /// `nil` without `/proc`.
    static var current: ProcessFigures? {
        guard let stat = text("/proc/self/stat"), let system = text("/proc/stat"),
            // The name, in parentheses, may hold anything; what follows is numbers from the third field on.
            let end = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        func field(_ number: Int) -> Double { number - 3 < fields.count ? Double(fields[number - 3]) ?? 0 : 0 }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        let boot = system.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return ProcessFigures(
            cpuSeconds: (field(14) + field(15)) / ticks,
            residentBytes: Int(field(24)) * Int(sysconf(Int32(_SC_PAGESIZE))),
            virtualBytes: Int(field(23)),
            // Without the one that lists them.
            openFiles: max(
                ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.count ?? 1) - 1, 0),
            mostFiles: Int(clamping: limit.rlim_cur), started: (boot ?? 0) + field(22) / ticks)
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    func write(to text: inout MetricsText) {
        text.counter("process_cpu_seconds_total", "User and system CPU time.", cpuSeconds)
        text.gauge("process_resident_memory_bytes", "Resident memory.", residentBytes)
        text.gauge("process_virtual_memory_bytes", "Virtual memory.", virtualBytes)
        text.gauge("process_open_fds", "Open file descriptors.", openFiles)
        text.gauge("process_max_fds", "Most open file descriptors.", mostFiles)
        text.gauge("process_start_time_seconds", "When the process was started, since 1970.", started)
    }
}
