package io.tensorpool.system;

import io.tensorpool.client.ConsumerCounts;
import io.tensorpool.client.Frame;
import io.tensorpool.client.FrameHandler;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Checks what one consumer hands out, and remembers of each epoch which sequence numbers came. One thread. */
final class HammerWatch implements FrameHandler {
    private static final class Span {
        private final long first;
        private long last;
        private long frames;

        Span(final long first) {
            this.first = first;
            last = first - 1;
        }

        /** Sequence numbers between the first and the last that did not come. */
        long missing() {
            return last - first + 1 - frames;
        }
    }

    private final FrameWatch frames = new FrameWatch();
    private final Map<Long, Span> spans = new LinkedHashMap<>();
    private final List<String> violations = new ArrayList<>();
    private long handled;
    private long overwritten;

    @Override
    public void onFrame(final Frame frame) {
        handled++;
        frames.onFrame(frame);
        final Span span = spans.computeIfAbsent(frame.epoch(), epoch -> new Span(frame.seq()));
        if (frame.seq() <= span.last) {
            violations.add(frame + " after sequence number " + span.last);
        }
        span.last = frame.seq();
        span.frames++;
        overwritten += frame.isIntact() ? 0 : 1;
    }

    long handled() {
        return handled;
    }

    /** What is not as it must be, with the consumer's own counts. */
    List<String> violations(final ConsumerCounts counts) {
        final List<String> found = new ArrayList<>(frames.violations());
        found.addAll(violations);
        final long missing = spans.values().stream().mapToLong(Span::missing).sum();
        final long counted = counts.dropsGap()
                + counts.dropsLate()
                - overwritten
                + counts.rejected()
                + counts.otherEpoch()
                + counts.faults();
        if (missing > counted) {
            found.add(missing + " sequence numbers did not come, but only " + counted + " are counted: " + counts);
        }
        if (counts.received() + overwritten != handled) {
            found.add(handled + " frames were handed out, " + overwritten + " of them overwritten: " + counts);
        }
        return found;
    }
}
