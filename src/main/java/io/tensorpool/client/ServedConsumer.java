package io.tensorpool.client;

import io.tensorpool.ConsumerMode;
import io.tensorpool.protocol.ConsumerConfig;
import io.tensorpool.protocol.ConsumerHello;
import io.tensorpool.protocol.OwnStream;
import io.tensorpool.protocol.OwnStreams;
import io.tensorpool.protocol.ProgressProxy;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** A consumer that asks a producer for streams of its own, and what came of it. Conductor's thread only. */
final class ServedConsumer {
    /** Answers of ours that are not heard back yet; more were lost. */
    private static final int MAX_ECHOES = 8;

    private final Deque<ConsumerConfig> echoes = new ArrayDeque<>();
    private ConsumerHello hello;
    private long heardNs;
    private long askedNs;
    private boolean isUnanswered;
    private boolean isLed;
    private ConsumerMode ledMode = ConsumerMode.STREAM;
    private @Nullable OwnStreams answeredWishes;
    private @Nullable ServedStream descriptors;
    private @Nullable ServedStream controls;
    private ConsumerPublications.@Nullable Descriptors published;

    ServedConsumer(final ConsumerHello hello) {
        this.hello = hello;
    }

    int consumerId() {
        return hello.consumerId();
    }

    ConsumerHello hello() {
        return hello;
    }

    /** A hello that asks. The time runs from the first that is not answered. */
    void onHello(final ConsumerHello next, final long nowNs) {
        hello = next;
        heardNs = nowNs;
        if (!isUnanswered) {
            isUnanswered = true;
            askedNs = nowNs;
        }
    }

    void onReport(final long nowNs) {
        heardNs = nowNs;
    }

    boolean isStale(final long nowNs, final long timeoutNs) {
        return nowNs - heardNs > timeoutNs;
    }

    /** Whether nobody has answered for so long. */
    boolean isUnanswered(final long nowNs, final long forNs) {
        return isUnanswered && nowNs - askedNs >= forNs;
    }

    /** Whether somebody else says how this consumer is served. */
    boolean isLed() {
        return isLed;
    }

    void onLed(final ConsumerMode mode) {
        isLed = true;
        isUnanswered = false;
        ledMode = mode;
        answeredWishes = null;
    }

    /** We answer from now on. */
    void onLeaderGone() {
        isLed = false;
        ledMode = ConsumerMode.STREAM;
    }

    /** Wishes that we decided on; null before the first. */
    @Nullable
    OwnStreams answeredWishes() {
        return answeredWishes;
    }

    void answering(final @Nullable OwnStreams wishes) {
        answeredWishes = wishes;
    }

    /** An answer of ours is on its way, and comes back to us. */
    void onAnswered(final ConsumerConfig answer) {
        isUnanswered = false;
        if (echoes.size() == MAX_ECHOES) {
            echoes.removeFirst();
        }
        echoes.addLast(answer);
    }

    /**
     * Whether this is what we said ourselves: on IPC all clients write into one log, so that its sender does not show. One
     * of somebody else's that says the same asks for nothing else either.
     */
    boolean isEcho(final ConsumerConfig config) {
        if (!echoes.contains(config)) {
            return false;
        }
        while (!config.equals(echoes.removeFirst())) {
            // those before it were lost
        }
        return true;
    }

    @Nullable
    ServedStream descriptors() {
        return descriptors;
    }

    @Nullable
    ServedStream controls() {
        return controls;
    }

    void descriptors(final @Nullable ServedStream next) {
        descriptors = next;
    }

    void controls(final @Nullable ServedStream next) {
        controls = next;
    }

    /** Whether no publication is being added. */
    boolean isSettled() {
        return isSettled(descriptors) && isSettled(controls);
    }

    private static boolean isSettled(final @Nullable ServedStream stream) {
        return stream == null || stream.hasFailed() || stream.ready() != null;
    }

    /** The streams that there is a publication for. */
    OwnStreams ready() {
        return new OwnStreams(ready(descriptors), ready(controls));
    }

    private static OwnStream ready(final @Nullable ServedStream stream) {
        return stream == null || stream.ready() == null ? OwnStream.NONE : stream.stream();
    }

    /** Whether a publication for this consumer is at that place. */
    boolean isAt(final OwnStream stream) {
        return isAt(descriptors, stream) || isAt(controls, stream);
    }

    private static boolean isAt(final @Nullable ServedStream served, final OwnStream stream) {
        return served != null && !stream.isNone() && served.stream().streamId() == stream.streamId();
    }

    /** What the producer announces frames with; the same object until the publication or the rate is another. */
    ConsumerPublications.@Nullable Descriptors publishedDescriptors() {
        final ConsumerPublication ready = descriptors == null ? null : descriptors.ready();
        if (ready == null) {
            published = null;
        } else if (published == null || !published.isOf(ready, intervalNs())) {
            published = new ConsumerPublications.Descriptors(ready, intervalNs());
        }
        return published;
    }

    /** What the producer tells of progress with. */
    ConsumerPublications.@Nullable Controls publishedControls() {
        final ConsumerPublication ready = controls == null ? null : controls.ready();
        return ready == null || !hello.progress().areWanted()
                ? null
                : new ConsumerPublications.Controls(consumerId(), new ProgressProxy(ready));
    }

    /** Least time between two descriptors of its own; 0 for all. */
    private long intervalNs() {
        final boolean isLimited =
                hello.rate().mode() == ConsumerMode.RATE_LIMITED || ledMode == ConsumerMode.RATE_LIMITED;
        return isLimited ? RateGate.intervalNs(hello.rate().maxRateHz()) : 0;
    }
}
