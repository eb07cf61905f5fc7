package io.tensorpool.client;

import io.tensorpool.Endpoint;
import io.tensorpool.protocol.Channels;
import io.tensorpool.protocol.ConsumerConfig;
import io.tensorpool.protocol.ConsumerConfigProxy;
import io.tensorpool.protocol.ConsumerHello;
import io.tensorpool.protocol.OwnStream;
import io.tensorpool.protocol.OwnStreams;
import io.tensorpool.runtime.AeronConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The consumers that a producer serves on streams of their own (wire specification 5 and 10.1.3), beside the shared ones.
 *
 * <p>One authority says who gets what: a driver with ranges or a supervisor where one runs, else the producer. Nobody has to
 * configure which: the producer answers only if nobody else did within one report interval after the request; once
 * somebody did, it follows that, until requests go unanswered for as long as it takes a consumer to become stale.
 *
 * <p>As the authority it grants exactly what is asked for, if it can add the publication and the id is not in use, else it
 * declines. Conductor's thread only.
 */
final class ServedConsumers {
    /** What a producer may have; each takes three terms of 256 KiB, and whoever can write to the control stream can ask. */
    static final int MAX_CONSUMERS = 64;
    /** A consumer is gone when neither hello nor report came for so many intervals; the specification asks for 3 to 5. */
    private static final int STALE_INTERVALS = 4;

    private final AeronConnection connection;
    private final ConsumerConfigProxy configs;
    private final ConsumerPublications publications;
    private final UseMark useMark;
    private final Set<Integer> reservedIds;
    private final long intervalNs;
    private final List<ServedConsumer> consumers = new ArrayList<>();
    private final List<ServedStream> closing = new ArrayList<>();
    private boolean isChanged;

    ServedConsumers(
            final ClientContext context,
            final AeronConnection connection,
            final ConsumerConfigProxy configs,
            final Producer producer,
            final Endpoint descriptorEndpoint) {
        this.connection = connection;
        this.configs = configs;
        this.publications = producer.consumerPublications();
        this.useMark = producer.useMark();
        this.reservedIds = Set.copyOf(List.of(
                -1,
                context.controlEndpoint().streamId(),
                context.announceEndpoint().streamId(),
                context.qosEndpoint().streamId(),
                context.descriptorEndpoint().streamId(),
                descriptorEndpoint.streamId()));
        this.intervalNs = context.reportIntervalNs();
    }

    private @Nullable ServedConsumer find(final int consumerId) {
        for (int i = 0; i < consumers.size(); i++) {
            if (consumers.get(i).consumerId() == consumerId) {
                return consumers.get(i);
            }
        }
        return null;
    }

    /** A consumer of the producer's stream presented itself. */
    void onHello(final ConsumerHello hello, final long nowNs) {
        ServedConsumer consumer = find(hello.consumerId());
        if (!hello.asks()) {
            remove(consumer);
            return;
        }
        if (consumer == null) {
            if (consumers.size() == MAX_CONSUMERS && !dropOneWithout()) {
                publications.counts().onDeclined();
                return; // stays on the shared streams, as after a refusal
            }
            consumer = new ServedConsumer(hello);
            consumers.add(consumer);
        }
        isChanged |= !hello.rate().equals(consumer.hello().rate())
                || !hello.progress().equals(consumer.hello().progress());
        consumer.onHello(hello, nowNs);
    }

    /** Those that were declined make room. */
    private boolean dropOneWithout() {
        for (final ServedConsumer consumer : consumers) {
            if (consumer.descriptors() == null && consumer.controls() == null) {
                consumers.remove(consumer);
                return true;
            }
        }
        return false;
    }

    /** A consumer of the producer's stream reported. */
    void onReport(final int consumerId, final long nowNs) {
        final ServedConsumer consumer = find(consumerId);
        if (consumer != null) {
            consumer.onReport(nowNs);
        }
    }

    /** A consumer's lease on the producer's stream is over. */
    void onGone(final int consumerId) {
        remove(find(consumerId));
    }

    /** Somebody, perhaps this producer, said how a consumer of its stream is served. */
    void onConfig(final ConsumerConfig config) {
        final ServedConsumer consumer = find(config.consumerId());
        if (consumer == null || consumer.isEcho(config)) {
            return;
        }
        if (config.assigned().areNone()) {
            remove(consumer); // withdrawn or declined; asked for again, it is as new
            return;
        }
        consumer.onLed(config.mode());
        consumer.descriptors(follow(consumer, config.assigned().descriptors(), consumer.descriptors()));
        consumer.controls(follow(consumer, config.assigned().controls(), consumer.controls()));
        isChanged = true;
    }

    /** Who has an id by order of the authority is the only one to have it. */
    private @Nullable ServedStream follow(
            final ServedConsumer of, final OwnStream assigned, final @Nullable ServedStream had) {
        if (had != null && had.stream().equals(assigned) && !had.hasFailed()) {
            return had;
        }
        discard(had);
        if (!assigned.isNone() && isUsable(assigned)) {
            for (final ServedConsumer other : consumers) {
                if (other != of && other.isAt(assigned)) {
                    discardStreamsOf(other);
                }
            }
            return new ServedStream(connection, assigned);
        }
        if (!assigned.isNone()) {
            publications.counts().onDeclined();
        }
        return null;
    }

    /** Advances what is due. Returns a work count. */
    int doWork(final long nowNs) {
        if (consumers.isEmpty() && closing.isEmpty()) {
            return 0;
        }
        int workCount = 0;
        for (int i = consumers.size() - 1; i >= 0; i--) {
            final ServedConsumer consumer = consumers.get(i);
            if (consumer.isStale(nowNs, STALE_INTERVALS * intervalNs)) {
                remove(consumer);
                workCount++;
            } else {
                workCount += advance(consumer, nowNs);
            }
        }
        if (isChanged) {
            isChanged = false;
            publish();
        }
        return workCount + closeUnused();
    }

    private int advance(final ServedConsumer consumer, final long nowNs) {
        int workCount = advance(consumer.descriptors()) + advance(consumer.controls());
        isChanged |= workCount > 0;
        if (consumer.isLed()) {
            if (consumer.isUnanswered(nowNs, STALE_INTERVALS * intervalNs)) {
                consumer.onLeaderGone();
            }
            return workCount;
        }
        final OwnStreams wishes = consumer.hello().wishes();
        final boolean isDecided = wishes.equals(consumer.answeredWishes());
        if (!isDecided && consumer.isUnanswered(nowNs, intervalNs)) {
            consumer.answering(wishes);
            consumer.descriptors(grant(consumer, wishes.descriptors(), consumer.descriptors()));
            consumer.controls(grant(consumer, wishes.controls(), consumer.controls()));
            isChanged = true;
            workCount++;
        } else if (isDecided && consumer.isUnanswered(nowNs, 0) && consumer.isSettled() && !isChanged) {
            answer(consumer);
            workCount++;
        }
        return workCount;
    }

    private int advance(final @Nullable ServedStream stream) {
        return stream == null ? 0 : stream.doWork(publications.counts());
    }

    /** Says what there is a publication for; what there is none for is declined. If it is lost, the next hello comes. */
    private void answer(final ServedConsumer consumer) {
        final ConsumerConfig answer = ConsumerConfig.answering(consumer.hello(), consumer.ready());
        if (configs.config(answer) > 0) {
            consumer.onAnswered(answer);
            if (!answer.assigned().equals(consumer.hello().wishes())) {
                consumer.answering(null); // what was in the way may be gone by the next hello
            }
        }
    }

    private @Nullable ServedStream grant(
            final ServedConsumer to, final OwnStream wish, final @Nullable ServedStream had) {
        if (had != null && had.stream().equals(wish) && !had.hasFailed()) {
            return had;
        }
        discard(had);
        if (wish.isNone()) {
            return null;
        }
        boolean isFree = isUsable(wish);
        for (final ServedConsumer other : consumers) {
            isFree &= other == to || !other.isAt(wish);
        }
        if (!isFree) {
            publications.counts().onDeclined();
            return null;
        }
        return new ServedStream(connection, wish);
    }

    private boolean isUsable(final OwnStream stream) {
        return stream.isWhole()
                && Channels.isForOwnStream(stream.channel())
                && !reservedIds.contains(stream.streamId());
    }

    private void remove(final @Nullable ServedConsumer consumer) {
        if (consumer != null) {
            consumers.remove(consumer);
            discardStreamsOf(consumer);
        }
    }

    private void discardStreamsOf(final ServedConsumer consumer) {
        discard(consumer.descriptors());
        discard(consumer.controls());
        consumer.descriptors(null);
        consumer.controls(null);
        isChanged = true;
    }

    private void discard(final @Nullable ServedStream stream) {
        if (stream != null) {
            closing.add(stream);
            isChanged = true;
        }
    }

    /** Hands the producer what is ready. */
    private void publish() {
        final List<ConsumerPublications.Descriptors> descriptors = new ArrayList<>();
        final List<ConsumerPublications.Controls> controls = new ArrayList<>();
        for (final ServedConsumer consumer : consumers) {
            final ConsumerPublications.Descriptors toDescriptors = consumer.publishedDescriptors();
            if (toDescriptors != null) {
                descriptors.add(toDescriptors);
            }
            final ConsumerPublications.Controls toControls = consumer.publishedControls();
            if (toControls != null) {
                controls.add(toControls);
            }
        }
        publications.replace(
                descriptors.toArray(ConsumerPublications.Descriptors[]::new),
                controls.toArray(ConsumerPublications.Controls[]::new));
    }

    /** The producer ends; what it has is closed by {@link #release}. */
    void close() {
        consumers.forEach(this::discardStreamsOf);
        consumers.clear();
        publications.clear();
    }

    /** Once no thread is inside the publications. */
    void release() {
        closing.forEach(ServedStream::close);
        closing.clear();
    }

    /** The Aeron client is gone, and everything of it; hellos bring the consumers back. */
    void onAeronLost() {
        close();
        release();
    }

    /** What was withdrawn before is closed once the producer's thread is seen outside. */
    private int closeUnused() {
        if (closing.isEmpty() || isChanged || useMark.isInUse()) {
            return 0;
        }
        release();
        return 1;
    }
}
