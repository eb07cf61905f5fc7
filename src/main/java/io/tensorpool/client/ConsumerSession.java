package io.tensorpool.client;

import io.tensorpool.ConfigurationException;
import io.tensorpool.EpochRegions;
import io.tensorpool.RegionException;
import io.tensorpool.Role;
import io.tensorpool.TensorPoolException;
import io.tensorpool.protocol.ConsumerConfig;
import io.tensorpool.protocol.ConsumerHello;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.shm.EpochMapping;
import org.jspecify.annotations.Nullable;

/**
 * The conductor's side of a consumer: its hold on the stream, the epoch that it follows, subscription, hello and reports.
 * With a driver it follows the announces while it has a lease; without one, always, or regions that it was given.
 */
final class ConsumerSession implements Session, Attachment.Owner, EpochFollower.Reader {
    private static final long DETACH_TIMEOUT_NS = 1_000_000_000L;

    private final ClientServices services;
    private final Consumer consumer;
    private final Admission<Consumer> added;
    private final Hold hold;
    private final @Nullable Attachment attachment;
    private final EpochFollower follower;
    private final @Nullable RegionWatch watch;
    private final MirroredCounters counters;
    private final ConsumerDelivery delivery;
    private @Nullable EpochRegions granted;
    private final ProducerWatch producers = new ProducerWatch();
    private @Nullable EpochMapping bound;
    private @Nullable Long lastEpoch;
    private boolean isDraining;
    private boolean isClosing;
    private boolean isReleased;

    ConsumerSession(
            final ClientServices services,
            final ConsumerOptions options,
            final Consumer consumer,
            final Admission<Consumer> added) {
        this.services = services;
        this.consumer = consumer;
        this.added = added;
        this.delivery = new ConsumerDelivery(services, options, consumer);
        this.follower = new EpochFollower(
                services.context(),
                services.fileWorker(),
                services.paths(),
                services.lingering(),
                services.announceCounts(),
                this);
        this.counters = MirroredCounters.ofConsumer(services, consumer, follower::epochsMapped, follower::refusals);
        this.watch = options.regions() == null ? null : watch(options.regions());
        if (options.isWithoutDriver()) {
            this.attachment = null;
            this.hold = new Unleased(services.ids(), this, consumer.attachment());
            added.waitsFor(delivery.obstacle());
        } else {
            this.attachment = leased();
            this.hold = attachment;
        }
    }

    private Attachment leased() {
        return new Attachment(
                services.context(),
                services.proxies().driver(),
                services.ids(),
                consumer.streamId(),
                Role.CONSUMER,
                this,
                consumer.attachment());
    }

    private RegionWatch watch(final GivenRegions given) {
        return new RegionWatch(
                services.context(),
                services.fileWorker(),
                services.paths(),
                consumer.streamId(),
                given,
                follower,
                this::onGivenRefused);
    }

    @Override
    public @Nullable Attachment attachment() {
        return attachment;
    }

    @Override
    public boolean isInUse() {
        return consumer.useMark().isInUse();
    }

    @Override
    public boolean isOf(final Object owner) {
        return owner == consumer;
    }

    @Override
    public int doWork(final long nowNs) {
        int workCount = hold.doWork(nowNs);
        workCount += counters.doWork(hold.clientId(), nowNs);
        if (isClosing) {
            return workCount + release();
        }
        if (consumer.isClosed()) {
            return workCount;
        }
        workCount += connect();
        workCount += consumer.drive(services.context().errorHandler());
        if (consumer.isClosed()) {
            return workCount; // by its handler
        }
        workCount += checkDrained() + checkFault();
        if (hold.isAttached()) {
            workCount += delivery.sayHello(hold.clientId(), bound != null, nowNs);
        }
        workCount += watch == null ? 0 : watch.doWork(nowNs);
        workCount += follower.doWork(nowNs);
        if (delivery.isConnected()) {
            workCount += bindIfReadable(nowNs);
        }
        return bound == null ? workCount : workCount + delivery.report(hold.clientId(), bound, nowNs);
    }

    private int connect() {
        try {
            return delivery.doWork();
        } catch (final ConfigurationException ex) {
            hold.fail(new TensorPoolException(consumer + ": " + ex.getMessage(), ex));
            return 1;
        }
    }

    /** Whoever waits need not wait for a producer: memory without one may lie idle for days, or not be there yet. */
    private int bindIfReadable(final long nowNs) {
        final EpochMapping readable = readable();
        if (readable == null && (follower.isMapped() || isForAnnouncesOnly())) {
            added.complete();
        }
        if (readable == null || readable == bound) {
            return 0;
        }
        consumer.bind(new ConsumerBinding(readable));
        bound = readable;
        stopDraining();
        hold.onActive();
        delivery.onBound(nowNs);
        added.complete();
        return 1;
    }

    private @Nullable EpochMapping readable() {
        final EpochMapping readable = delivery.isFallback() ? null : follower.readable();
        return readable == null || producers.withholds(readable.epoch()) ? null : readable;
    }

    private boolean isForAnnouncesOnly() {
        return attachment == null && watch == null;
    }

    /**
     * A producer that gives its lease back has announced its last frame by then, and those before the notice are as good as
     * ever; from one that was cut off nothing is taken any more.
     */
    private int checkDrained() {
        if (!isDraining || !(bound == null || consumer.hasDrained())) {
            return 0;
        }
        if (bound == null || producers.withholds(bound.epoch())) {
            withhold();
        }
        stopDraining();
        return 1;
    }

    private void stopDraining() {
        if (isDraining) {
            isDraining = false;
            consumer.drain(false);
        }
    }

    private void withhold() {
        if (bound != null) {
            unbind();
            hold.onMapped();
        }
    }

    private void unbind() {
        consumer.bind(null);
        bound = null;
    }

    @Override
    public void onConsumerConfig(final ConsumerConfig config) {
        if (config.streamId() != consumer.streamId()
                || config.consumerId() != hold.clientId()
                || !hold.isAttached()
                || consumer.isClosed()) {
            return;
        }
        delivery.onConfig(config);
        if (delivery.isFallback()) {
            unbind();
            added.complete();
        }
    }

    private int checkFault() {
        final ConsumerBinding faulted = consumer.takeFaulted();
        if (faulted == null) {
            return 0;
        }
        follower.onFault(faulted.mapping());
        return 1;
    }

    @Override
    public void onLeaseGranted(final EpochRegions regions) {
        services.events().onAttached(Role.CONSUMER, consumer.attachment(), regions);
        added.waitsFor("its regions are still being mapped");
        granted = regions;
        producers.onGranted(regions.epoch());
        follower.follow(regions, false);
    }

    @Override
    public void onAnnounce(final EpochRegions regions, final int producerId) {
        if (regions.streamId() == consumer.streamId() && watch == null && hold.isAttached() && !consumer.isClosed()) {
            producers.onAnnounce(regions.epoch(), producerId);
            follower.follow(regions, producerId != 0);
        }
    }

    @Override
    public void onMapped(final EpochMapping mapped) {
        hold.onMapped();
        added.waitsFor(delivery.obstacle());
        services.events().onMapped(Role.CONSUMER, mapped.regions(), lastEpoch);
        lastEpoch = mapped.epoch();
    }

    @Override
    public void onUnreadable() {
        withhold();
    }

    @Override
    public void onUnmapped() {
        hold.onUnmapped();
    }

    /** What a lease names, or the application, is what the consumer waits for; announces anybody can send. */
    @Override
    public void onRefused(final EpochRegions regions, final Throwable cause) {
        services.events().onMappingFailed(Role.CONSUMER, regions, cause);
        if (!added.isDone() && (watch != null || regions.equals(granted))) {
            hold.fail(new RegionException(String.valueOf(cause.getMessage()), cause));
        } else {
            services.context().errorHandler().onError(cause);
        }
    }

    private void onGivenRefused(final RegionException cause) {
        if (added.isDone()) {
            services.context().errorHandler().onError(cause);
        } else {
            hold.fail(cause);
        }
    }

    @Override
    public void onLeaseLost(final String cause) {
        follower.reset();
        producers.reset();
        granted = null;
        delivery.onLeaseLost();
        services.events().onRevoked(Role.CONSUMER, consumer.streamId(), consumer.attachment(), cause);
    }

    @Override
    public void onStateChanged(final AttachmentState from) {
        services.events().onStateChanged(Role.CONSUMER, consumer.streamId(), consumer.attachment(), from);
    }

    @Override
    public void onAttachFailed(final TensorPoolException cause) {
        added.fail(cause);
        close();
    }

    @Override
    public void onConsumerHello(final ConsumerHello ofConsumer) {
        // Producers listen to consumers.
    }

    @Override
    public void onLeaseRevoked(final int streamId, final int clientId, final Role role, final RevokeReason reason) {
        if (role != Role.PRODUCER || streamId != consumer.streamId() || clientId == hold.clientId()) {
            return; // the consumer's own lease is the attachment's, and an id has no other
        }
        producers.onRevoked(clientId);
        if (bound != null && producers.withholds(bound.epoch())) {
            if (reason == RevokeReason.DETACHED) {
                consumer.drain(true);
                isDraining = true;
            } else {
                withhold();
            }
        }
    }

    @Override
    public void onQosConsumer(
            final int streamId,
            final int consumerId,
            final long epoch,
            final long lastSeqSeen,
            final long dropsGap,
            final long dropsLate) {
        if (streamId == consumer.streamId()
                && consumerId == hold.clientId()
                && bound != null
                && delivery.isIdTaken(epoch, lastSeqSeen, dropsGap, dropsLate)) {
            hold.reattachAsAnother("another consumer reports under its id");
        }
    }

    @Override
    public void onAeronLost() {
        delivery.onAeronLost();
        hold.onAeronLost();
    }

    @Override
    public void abandon() {
        final TensorPoolException cause = new TensorPoolException(consumer + ": the given Aeron client was closed");
        added.fail(cause);
        hold.abandon(cause);
        consumer.markClosed();
        delivery.close();
        follower.reset();
    }

    @Override
    public void close() {
        if (isClosing) {
            return;
        }
        isClosing = true;
        consumer.markClosed();
        added.fail(new TensorPoolException(consumer + ": closed before it was attached"));
        delivery.close();
        follower.reset();
        hold.close(DETACH_TIMEOUT_NS);
    }

    /** Not before the consumer's thread has left it. */
    private int release() {
        if (isReleased || isInUse()) {
            return 0;
        }
        isReleased = true;
        counters.close();
        delivery.release();
        return 1;
    }

    @Override
    public boolean isOver() {
        return isReleased && hold.state().isFinal();
    }
}
