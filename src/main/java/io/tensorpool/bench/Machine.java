package io.tensorpool.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the figures were measured on. What cannot be read is {@code unknown}, since a report without it is better than
 * none.
 *
 * @param cpu        model of the first processor.
 * @param processors how many the JVM may use.
 * @param isVirtual  whether the processor says that a hypervisor is below it.
 * @param memoryBytes of the machine; 0 if unknown.
 * @param kernel     name and release.
 * @param jdk        vendor and version of the JVM that reports.
 * @param shmemHugePages the kernel's setting of transparent huge pages for shared memory, for instance {@code never}.
 * @param governor   of the first processor's frequency; {@code unknown} in most virtual machines.
 */
public record Machine(
        String cpu,
        int processors,
        boolean isVirtual,
        long memoryBytes,
        String kernel,
        String jdk,
        String shmemHugePages,
        String governor) {
    static final String UNKNOWN = "unknown";

    private static final Pattern CHOSEN = Pattern.compile("\\[(\\w+)]");
    private static final Pattern KIBIBYTES = Pattern.compile("(\\d+) kB");
    private static final int BYTES_PER_KIB = 1024;

    /**
     * This machine.
     *
     * @return a new record.
     */
    public static Machine read() {
        return read(Path.of("/"));
    }

    /** The machine whose {@code proc} and {@code sys} lie below a directory. */
    static Machine read(final Path root) {
        final List<String> cpuInfo = lines(root.resolve("proc/cpuinfo"));
        return new Machine(
                cpu(cpuInfo),
                Runtime.getRuntime().availableProcessors(),
                valueOf("flags", cpuInfo)
                        .map(flags -> List.of(flags.split(" ", -1)).contains("hypervisor"))
                        .orElse(false),
                memoryBytes(lines(root.resolve("proc/meminfo"))),
                System.getProperty("os.name") + ' ' + firstLine(root.resolve("proc/sys/kernel/osrelease")),
                System.getProperty("java.vendor") + ' ' + System.getProperty("java.runtime.version"),
                chosen(firstLine(root.resolve("sys/kernel/mm/transparent_hugepage/shmem_enabled"))),
                firstLine(root.resolve("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")));
    }

    /** Processors that name no model tell their numbers. */
    private static String cpu(final List<String> cpuInfo) {
        return valueOf("model name", cpuInfo)
                .or(() -> valueOf("CPU implementer", cpuInfo)
                        .map(implementer -> "implementer " + implementer + ", part "
                                + valueOf("CPU part", cpuInfo).orElse(UNKNOWN)))
                .orElse(UNKNOWN);
    }

    private static long memoryBytes(final List<String> memInfo) {
        final Matcher total = KIBIBYTES.matcher(valueOf("MemTotal", memInfo).orElse(""));
        return total.matches() ? Long.parseLong(total.group(1)) * BYTES_PER_KIB : 0;
    }

    /** The word in brackets, of those that the kernel lists. */
    private static String chosen(final String choices) {
        final Matcher matcher = CHOSEN.matcher(choices);
        return matcher.find() ? matcher.group(1) : choices;
    }

    private static Optional<String> valueOf(final String name, final List<String> lines) {
        return lines.stream()
                .map(line -> line.split(":", 2))
                .filter(parts -> parts.length == 2 && parts[0].strip().equals(name))
                .map(parts -> parts[1].strip())
                .findFirst();
    }

    private static String firstLine(final Path file) {
        final List<String> lines = lines(file);
        return lines.isEmpty() || lines.getFirst().isBlank()
                ? UNKNOWN
                : lines.getFirst().strip();
    }

    private static List<String> lines(final Path file) {
        try {
            return Files.readAllLines(file);
        } catch (final IOException ex) {
            System.getLogger(Machine.class.getName())
                    .log(System.Logger.Level.DEBUG, "{0} cannot be read: {1}", file, ex.getMessage());
            return List.of();
        }
    }
}
