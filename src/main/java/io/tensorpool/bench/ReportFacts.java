package io.tensorpool.bench;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a report says of the machine, in words. */
final class ReportFacts {
    static final String NOISE_NOTE = "A thread of the rig did nothing but read the clock, and counted the gaps of more"
            + " than 10 µs in its time: what the machine takes from everybody, and from the tails below.";

    private ReportFacts() {}

    static Map<String, String> of(final Report report) {
        final Machine machine = report.machine();
        final Map<String, String> facts = new LinkedHashMap<>();
        facts.put("Begin", report.begin().truncatedTo(ChronoUnit.SECONDS).toString());
        facts.put("Duration", duration(report.took()));
        facts.put(
                "Processor",
                machine.processors() + " × " + machine.cpu() + (machine.isVirtual() ? ", virtual machine" : ""));
        facts.put(
                "Memory", machine.memoryBytes() == 0 ? Machine.UNKNOWN : Figures.bytes((double) machine.memoryBytes()));
        facts.put("Kernel", machine.kernel());
        facts.put("JDK", machine.jdk());
        facts.put("Huge pages of shared memory", machine.shmemHugePages());
        facts.put("Frequency governor", machine.governor());
        facts.put("Load", report.loadBefore() + " before, " + report.loadAfter() + " after (1, 5 and 15 minutes)");
        return facts;
    }

    static Table noise(final List<Noise> noise) {
        final List<List<Table.Cell>> rows = new ArrayList<>();
        for (final Noise each : noise) {
            rows.add(List.of(
                    Table.Cell.of(each.when()),
                    Table.Cell.of(Figures.number(each.seconds())),
                    Table.Cell.of(Figures.number(each.gapsPerSecond())),
                    Table.Cell.of(Figures.number(each.p99Us())),
                    Table.Cell.of(Figures.number(each.longestUs())),
                    Table.Cell.of(Figures.number(each.lostPercent()))));
        }
        return new Table(List.of("when", "watched, s", "gaps/s", "p99, µs", "longest, µs", "time lost, %"), 1, rows);
    }

    private static String duration(final Duration duration) {
        return duration.toMinutes() > 0
                ? duration.toMinutes() + " min " + duration.toSecondsPart() + " s"
                : duration.toSeconds() + " s";
    }
}
