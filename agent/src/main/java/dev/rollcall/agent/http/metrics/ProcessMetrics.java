package dev.rollcall.agent.http.metrics;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.ToDoubleFunction;

/** The process as the kernel sees it, under the names that Prometheus' clients for other languages use. */
final class ProcessMetrics {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final double NANOS_PER_SECOND = 1e9;

    private ProcessMetrics() {}

    static void bind(Metrics metrics) {
        metrics.gauge(
                "process_resident_memory_bytes", "Memory of the process that is in RAM.", () -> statusBytes("VmRSS:"));
        metrics.gauge("process_virtual_memory_bytes", "Address space of the process.", () -> statusBytes("VmSize:"));
        metrics.gauge(
                "process_start_time_seconds",
                "When the process started, in seconds since 1970.",
                () -> ManagementFactory.getRuntimeMXBean().getStartTime() / 1e3);
        metrics.countedElsewhere(
                "process_cpu_seconds_total",
                "CPU time used, user and system.",
                () -> unix(bean -> bean.getProcessCpuTime() / NANOS_PER_SECOND));
        ToDoubleFunction<com.sun.management.UnixOperatingSystemMXBean> open = bean -> bean.getOpenFileDescriptorCount();
        ToDoubleFunction<com.sun.management.UnixOperatingSystemMXBean> most = bean -> bean.getMaxFileDescriptorCount();
        metrics.gauge("process_open_fds", "Open file descriptors.", () -> unix(open));
        metrics.gauge("process_max_fds", "File descriptors the process may open.", () -> unix(most));
        metrics.gauge("os_fd_used", "Open file descriptors.", () -> unix(open));
        metrics.gauge("os_fd_limit", "File descriptors the process may open.", () -> unix(most));
    }

    private static double unix(ToDoubleFunction<com.sun.management.UnixOperatingSystemMXBean> reading) {
        OperatingSystemMXBean bean = ManagementFactory.getOperatingSystemMXBean();
        return bean instanceof com.sun.management.UnixOperatingSystemMXBean unix ? reading.applyAsDouble(unix) : 0;
    }

    /** A line such as {@code VmRSS:     123456 kB}; 0 where there is no such file. */
    private static double statusBytes(String key) {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith(key)) {
                    String kib = line.substring(key.length()).replace("kB", "").strip();
                    return Double.parseDouble(kib) * 1024;
                }
            }
        } catch (IOException | NumberFormatException notLinux) {
            return 0;
        }
        return 0;
    }
}
