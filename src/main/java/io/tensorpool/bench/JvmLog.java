package io.tensorpool.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the JVM's own log of collections and safepoints. Each line starts with the time of {@link System#nanoTime()}, so that
 * a role can say which part of it counts. What is not understood is counted, since JVMs differ in what they write.
 */
final class JvmLog {
    /** Distinct causes that are kept; a log with more is none of a JVM's. */
    private static final int CAUSES_MAX = 64;

    private static final int LINE_LENGTH_MAX = 4096;
    private static final String GC = "gc";
    private static final String SAFEPOINT = "safepoint";
    private static final String OTHER = "other";

    /** What JVMs write as cause where they stop threads for none. */
    private static final Set<String> PERIODIC = Set.of("Cleanup", "no vm operation", "None");

    private static final Pattern LINE = Pattern.compile("\\[(\\d{1,18})ns]\\[([a-z0-9]+(?:,[a-z0-9]+)*) *](.*)");
    private static final Pattern COLLECTION = Pattern.compile(" GC\\((\\d{1,18})\\) .*");
    private static final Pattern STOP = Pattern.compile(" Safepoint \"([^\"]{1,80})\",.* Total: *(\\d{1,18}) ns.*");

    private final long fromNs;
    private final long toNs;
    private final SortedMap<String, Long> safepoints = new TreeMap<>();
    private long newestCollection = -1;
    private long collections;
    private long periodic;
    private long stoppedNs;
    private long longestNs;
    private long unknownLines;

    private JvmLog(final long fromNs, final long toNs) {
        this.fromNs = fromNs;
        this.toNs = toNs;
    }

    /** Option of a JVM that writes such a log to a file. */
    static String option(final Path file) {
        return "-Xlog:gc*,safepoint*:file=" + file + ":timenanos,tags:filecount=0";
    }

    /**
     * Reads what a JVM logged in some time.
     *
     * @param fromNs from this time on the clock of {@link System#nanoTime()}.
     * @param toNs   up to this time.
     * @throws IOException if the file cannot be read.
     */
    static JvmPauses read(final Path file, final long fromNs, final long toNs) throws IOException {
        final JvmLog log = new JvmLog(fromNs, toNs);
        try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
            final StringBuilder line = new StringBuilder();
            while (readLine(reader, line)) {
                log.onLine(line);
            }
        }
        return new JvmPauses(
                log.collections, log.safepoints, log.periodic, log.stoppedNs, log.longestNs, log.unknownLines);
    }

    /** A line, cut off where it is too long for any that is understood. */
    private static boolean readLine(final Reader reader, final StringBuilder line) throws IOException {
        line.setLength(0);
        int next = reader.read();
        final boolean isThere = next >= 0;
        while (next >= 0 && next != '\n') {
            if (line.length() <= LINE_LENGTH_MAX) {
                line.append((char) next);
            }
            next = reader.read();
        }
        return isThere;
    }

    private void onLine(final CharSequence text) {
        final Matcher line = LINE.matcher(text);
        if (text.length() > LINE_LENGTH_MAX || !line.matches()) {
            unknownLines++;
            return;
        }
        final long timeNs = Long.parseLong(line.group(1));
        if (timeNs < fromNs || timeNs > toNs) {
            return;
        }
        switch (line.group(2)) {
            case GC -> onCollection(line.group(3));
            case SAFEPOINT -> onSafepoint(line.group(3));
            default -> onDetail(line.group(2));
        }
    }

    /** Each collection has a number and at least one line; concurrent ones have lines between those of others. */
    private void onCollection(final String text) {
        final Matcher collection = COLLECTION.matcher(text);
        if (collection.matches()) {
            final long number = Long.parseLong(collection.group(1));
            if (number > newestCollection) {
                newestCollection = number;
                collections++;
            }
        }
    }

    private void onSafepoint(final String text) {
        final Matcher stop = STOP.matcher(text);
        if (!stop.matches()) {
            unknownLines++;
            return;
        }
        final long totalNs = Long.parseLong(stop.group(2));
        stoppedNs += totalNs;
        longestNs = Math.max(longestNs, totalNs);
        final String cause = stop.group(1);
        if (PERIODIC.contains(cause)) {
            periodic++;
        } else {
            final boolean isKept = safepoints.containsKey(cause) || safepoints.size() < CAUSES_MAX;
            safepoints.merge(isKept ? cause : OTHER, 1L, Long::sum);
        }
    }

    private void onDetail(final String tags) {
        if (!tags.startsWith(GC + ",") && !tags.startsWith(SAFEPOINT + ",")) {
            unknownLines++;
        }
    }
}
