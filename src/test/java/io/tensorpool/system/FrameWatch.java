package io.tensorpool.system;

import io.tensorpool.client.Frame;
import io.tensorpool.client.FrameHandler;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Checks every frame that a consumer hands out: an epoch is written by one producer under one lease and by no other, and
 * once a frame of an epoch was seen, none of an earlier one is. One thread.
 */
final class FrameWatch implements FrameHandler {
    private final Map<Long, Stamp> writers = new LinkedHashMap<>();
    private final Map<Stamp, Long> epochs = new HashMap<>();
    private final Map<Stamp, Integer> frames = new HashMap<>();
    private final List<String> violations = new ArrayList<>();
    private long epoch;

    @Override
    public void onFrame(final Frame frame) {
        final MemorySegment payload = frame.payload();
        final Stamp stamp = Stamp.read(payload);
        final boolean isWhole = stamp.fills(payload);
        if (!frame.isIntact()) {
            return; // overwritten meanwhile, and said to be so
        }
        check(isWhole && stamp.seq() == frame.seq(), frame, stamp);
        check(Long.compareUnsigned(frame.epoch(), epoch) >= 0, frame, stamp);
        epoch = frame.epoch();
        final Stamp writer = stamp.writer();
        check(writers.computeIfAbsent(epoch, first -> writer).equals(writer), frame, stamp);
        check(epochs.computeIfAbsent(writer, first -> frame.epoch()) == epoch, frame, stamp);
        frames.merge(writer, 1, Integer::sum);
    }

    private void check(final boolean holds, final Frame frame, final Stamp stamp) {
        if (!holds) {
            violations.add(frame + " holds " + stamp + "; writers by epoch " + writers);
        }
    }

    /** Frames of a producer, under all of its leases. */
    int framesOf(final long producerId) {
        return frames.entrySet().stream()
                .filter(entry -> entry.getKey().producerId() == producerId)
                .mapToInt(Map.Entry::getValue)
                .sum();
    }

    int framesOf(final long producerId, final long lease) {
        return frames.getOrDefault(new Stamp(producerId, lease, 0), 0);
    }

    int frames() {
        return frames.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Of the newest frame. */
    long epoch() {
        return epoch;
    }

    List<String> violations() {
        return violations;
    }

    @Override
    public String toString() {
        return "frames by writer " + frames + ", writers by epoch " + writers + ", violations " + violations;
    }
}
