package io.tensorpool.client;

import io.aeron.ExclusivePublication;
import io.aeron.Subscription;
import io.tensorpool.ConfigurationException;
import io.tensorpool.Endpoint;
import io.tensorpool.EpochRegions;
import io.tensorpool.RegionException;
import io.tensorpool.Role;
import io.tensorpool.TensorPoolException;
import io.tensorpool.protocol.AnnounceProxy;
import io.tensorpool.protocol.ConsumerConfig;
import io.tensorpool.protocol.ConsumerHello;
import io.tensorpool.protocol.QosListener;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.runtime.AeronResource;
import io.tensorpool.runtime.LastingPublication;
import io.tensorpool.shm.Access;
import io.tensorpool.shm.EpochMapping;
import io.tensorpool.shm.MappingOptions;
import org.jspecify.annotations.Nullable;

/**
 * The conductor's side of a producer: lease, mapping, publication. The publication and the subscription to it are made
 * once; each epoch brings a mapping, and the producer is handed a binding when all three are there.
 */
final class ProducerSession implements Session, Attachment.Owner, RegionOwner.Listener {
    private static final long DETACH_TIMEOUT_NS = 1_000_000_000L;

    private final ClientServices services;
    private final Producer producer;
    private final Admission<Producer> added;
    private final Endpoint descriptorEndpoint;
    private final Hold hold;
    private final @Nullable Attachment attachment;
    private final @Nullable LastingPublication announces;
    private final ConnectedConsumers consumers;
    private final MetadataSender metadata;
    private final ServedConsumers served;
    private final ProgressFollowers followers;
    private final AeronResource<ExclusivePublication> publication;
    private final MirroredCounters counters;
    private @Nullable AeronResource<Subscription> ownSubscription;
    private @Nullable EpochMapping mapping;
    private @Nullable Long lastEpoch;
    private long published;
    private long unheard;
    private long mappingFailures;
    private boolean isBound;
    private boolean hasReportedOther;
    private long grants;
    private boolean isClosing;
    private boolean isReleased;
    private long nextReportNs;
    private long nextStampNs;

    ProducerSession(
            final ClientServices services,
            final ProducerOptions options,
            final Producer producer,
            final Admission<Producer> added) {
        this.services = services;
        this.producer = producer;
        this.added = added;
        this.descriptorEndpoint = options.descriptorEndpoint() == null
                ? services.context().descriptorEndpoint()
                : options.descriptorEndpoint();
        this.consumers = new ConnectedConsumers(services.context().freshnessNs());
        this.metadata = new MetadataSender(
                options.streamId(),
                producer.metadata(),
                services.proxies().metadata(),
                services.context().metadata(),
                services.context().errorHandler());
        this.served = new ServedConsumers(
                services.context(), services.connection(), services.proxies().config(), producer, descriptorEndpoint);
        this.followers = new ProgressFollowers(
                services.connection(),
                services.context().controlEndpoint(),
                options.progress(),
                producer,
                services.context().reportIntervalNs());
        this.publication = services.connection().addExclusivePublication(descriptorEndpoint);
        this.counters = MirroredCounters.ofProducer(services, producer, () -> unheard, () -> mappingFailures);
        final OwnMemory memory = options.ownMemory();
        if (memory == null) {
            this.announces = null;
            this.attachment = leased();
            this.hold = attachment;
        } else {
            this.announces =
                    services.connection().addPublication(services.context().announceEndpoint());
            this.attachment = null;
            this.hold = owned(memory, announces);
            added.waitsFor("its memory is still being made, or not announced on "
                    + services.context().announceEndpoint());
        }
    }

    private Attachment leased() {
        return new Attachment(
                services.context(),
                services.proxies().driver(),
                services.ids(),
                producer.streamId(),
                Role.PRODUCER,
                this,
                producer.attachment());
    }

    private RegionOwner owned(final OwnMemory memory, final LastingPublication announcing) {
        return new RegionOwner(
                services.context(),
                services.fileWorker(),
                services.lingering(),
                new AnnounceProxy(announcing),
                new RegionOwner.Stream(producer.streamId(), services.ids().nextClientId(), memory),
                this,
                producer.attachment());
    }

    @Override
    public @Nullable Attachment attachment() {
        return attachment;
    }

    @Override
    public boolean isInUse() {
        return producer.useMark().isInUse();
    }

    @Override
    public boolean isOf(final Object owner) {
        return owner == producer;
    }

    @Override
    public int doWork(final long nowNs) {
        int workCount = hold.doWork(nowNs);
        if (!isBound && !producer.isClosed()) {
            workCount += connect() + bindIfReady();
        }
        if (!producer.isClosed()) {
            workCount += served.doWork(nowNs) + followers.doWork(nowNs);
        }
        if (isBound) {
            workCount += checkFault();
            workCount += stampAndReport(nowNs);
            workCount += tellMetadata(nowNs);
            producer.connected(!consumers.isEmpty(nowNs));
        }
        countUnheard();
        workCount += counters.doWork(hold.clientId(), nowNs);
        return isClosing ? workCount + release() : workCount;
    }

    /** Frames for nobody; as exact as it is known who listens. */
    private void countUnheard() {
        final long now = producer.counts().published();
        if (!producer.isConnected()) {
            unheard += now - published;
        }
        published = now;
    }

    /** Each Aeron client gives the publication another session id, and the subscription goes to that one. */
    private int connect() {
        try {
            final ExclusivePublication announcing = publication.current();
            if (announcing == null || ownSubscription != null) {
                return 0;
            }
            ownSubscription = services.connection().addSubscription(descriptorEndpoint, announcing.sessionId());
            return 1;
        } catch (final ConfigurationException ex) {
            hold.fail(new TensorPoolException(producer + ": " + ex.getMessage(), ex));
            return 1;
        }
    }

    /** Only with its own image there is the publication sure to be connected. */
    private int bindIfReady() {
        final ExclusivePublication announcing = isClosing ? null : publication.current();
        final Subscription own = ownSubscription == null ? null : ownSubscription.current();
        if (mapping == null || announcing == null || own == null || !own.isConnected()) {
            return 0;
        }
        producer.bind(new ProducerBinding(mapping, announcing, own));
        isBound = true;
        hold.onActive();
        added.complete();
        return 1;
    }

    private int checkFault() {
        final ProducerBinding faulted = producer.takeFaulted();
        if (faulted == null || faulted.mapping() != mapping) {
            return 0; // none, or one that is over anyway
        }
        hold.reattach("a file of its epoch was truncated, or its sequence numbers are used up");
        return 1;
    }

    private int stampAndReport(final long nowNs) {
        int workCount = 0;
        if (attachment != null && nowNs - nextStampNs >= 0 && mapping != null) { // who owns its memory stamps it
            nextStampNs = nowNs + services.context().announcePeriodNs();
            stamp(mapping, nowNs);
            workCount++;
        }
        if (nowNs - nextReportNs >= 0
                && mapping != null
                && services.proxies()
                                .qos()
                                .qosProducer(
                                        producer.streamId(),
                                        hold.clientId(),
                                        mapping.epoch(),
                                        producer.currentSeq(mapping.epoch()),
                                        QosListener.NO_WATERMARK)
                        > 0) {
            nextReportNs = nowNs + services.context().reportIntervalNs();
            workCount++;
        }
        return workCount;
    }

    private int tellMetadata(final long nowNs) {
        return mapping == null ? 0 : metadata.doWork(nowNs, hold.clientId(), mapping.epoch());
    }

    private void stamp(final EpochMapping of, final long nowNs) {
        try {
            of.stampActivity(nowNs);
        } catch (final InternalError fault) {
            hold.reattach("a file of its epoch was truncated: " + fault.getMessage());
        }
    }

    @Override
    public void onLeaseGranted(final EpochRegions regions) {
        services.events().onAttached(Role.PRODUCER, producer.attachment(), regions);
        final ClientContext context = services.context();
        added.waitsFor("its regions are still being mapped");
        final long startedIn = ++grants;
        services.fileWorker()
                .submit(
                        () -> EpochMapping.map(
                                regions,
                                Access.READ_WRITE,
                                services.paths(),
                                new MappingOptions(context.prefault(), context.lockMemory())),
                        (mapped, failure) -> onMapped(startedIn, regions, mapped, failure));
    }

    private void onMapped(
            final long startedIn,
            final EpochRegions regions,
            final @Nullable EpochMapping mapped,
            final @Nullable Throwable failure) {
        final boolean isCurrent = hold.isAttached() && grants == startedIn && mapping == null;
        if (mapped != null && isCurrent) {
            install(mapped);
        } else if (mapped != null) {
            services.lingering().release(mapped);
        } else if (isCurrent) {
            mappingFailures++;
            services.events().onMappingFailed(Role.PRODUCER, regions, failure == null ? new InternalError() : failure);
            final String cause = String.valueOf(failure == null ? null : failure.getMessage());
            if (added.isDone()) {
                services.context().errorHandler().onError(failure);
                hold.reattach("its regions cannot be mapped: " + cause);
            } else {
                hold.fail(new RegionException(cause, failure == null ? new InternalError() : failure));
            }
        }
    }

    private void install(final EpochMapping mapped) {
        mapping = mapped;
        hold.onMapped();
        services.events().onMapped(Role.PRODUCER, mapped.regions(), lastEpoch);
        lastEpoch = mapped.epoch();
        consumers.follow(mapped.epoch(), services.nowNs());
        added.waitsFor("the Aeron media driver has not confirmed the publication on " + descriptorEndpoint);
    }

    @Override
    public void onEpochMade(final EpochMapping made) {
        services.events().onAttached(Role.PRODUCER, producer.attachment(), made.regions());
        made.retain();
        install(made);
    }

    @Override
    public void onLeaseLost(final String cause) {
        unbind();
        services.events().onRevoked(Role.PRODUCER, producer.streamId(), producer.attachment(), cause);
    }

    private void unbind() {
        isBound = false;
        producer.bind(null);
        producer.connected(false);
        consumers.clear();
        if (mapping != null) {
            services.lingering().add(mapping, services.nowNs());
            mapping = null;
        }
    }

    @Override
    public void onStateChanged(final AttachmentState from) {
        services.events().onStateChanged(Role.PRODUCER, producer.streamId(), producer.attachment(), from);
    }

    @Override
    public void onAttachFailed(final TensorPoolException cause) {
        added.fail(cause);
        close();
    }

    @Override
    public void onAnnounce(final EpochRegions regions, final int producerId) {
        final boolean isOthers = attachment == null
                && mapping != null
                && regions.streamId() == producer.streamId()
                && producerId != hold.clientId()
                && Long.compareUnsigned(regions.epoch(), mapping.epoch()) > 0;
        if (isOthers && !hasReportedOther) {
            hasReportedOther = true;
            services.context()
                    .errorHandler()
                    .onError(new TensorPoolException(
                            hold + ": somebody else announces the stream, with the higher epoch "
                                    + Long.toUnsignedString(regions.epoch()) + " in " + regions.headerRegionUri()
                                    + "; consumers follow that one"));
        }
    }

    @Override
    public void onConsumerHello(final ConsumerHello hello) {
        if (hello.streamId() == producer.streamId() && hold.isAttached()) {
            consumers.onHello(hello.consumerId(), services.nowNs());
            served.onHello(hello, services.nowNs());
            followers.onHello(hello, services.nowNs());
        }
    }

    @Override
    public void onConsumerConfig(final ConsumerConfig config) {
        if (config.streamId() == producer.streamId() && hold.isAttached()) {
            served.onConfig(config);
        }
    }

    @Override
    public void onLeaseRevoked(final int streamId, final int clientId, final Role role, final RevokeReason reason) {
        if (streamId == producer.streamId() && role == Role.CONSUMER) {
            served.onGone(clientId);
            followers.onGone(clientId);
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
        if (streamId != producer.streamId()) {
            return;
        }
        served.onReport(consumerId, services.nowNs());
        followers.onReport(consumerId, services.nowNs());
        if (mapping == null) {
            consumers.onEarlyReport(consumerId, epoch);
        } else if (epoch == mapping.epoch()) {
            consumers.onReport(consumerId, services.nowNs());
        } else {
            consumers.remove(consumerId);
        }
    }

    @Override
    public void onAeronLost() {
        unbind();
        served.onAeronLost();
        followers.onAeronLost();
        if (ownSubscription != null) {
            ownSubscription.close();
            ownSubscription = null;
        }
        metadata.onAeronLost();
        hold.onAeronLost();
    }

    @Override
    public void abandon() {
        final TensorPoolException cause = new TensorPoolException(producer + ": the given Aeron client was closed");
        added.fail(cause);
        hold.abandon(cause);
        producer.markClosed();
        metadata.close();
        served.onAeronLost();
        followers.onAeronLost();
        unbind();
    }

    @Override
    public void close() {
        if (isClosing) {
            return;
        }
        isClosing = true;
        producer.markClosed();
        added.fail(new TensorPoolException(producer + ": closed before it was attached"));
        unbind();
        metadata.close();
        hold.close(DETACH_TIMEOUT_NS);
        served.close();
        followers.close();
    }

    /** Not before the producer's thread has left them. */
    private int release() {
        if (isReleased || isInUse()) {
            return 0;
        }
        isReleased = true;
        counters.close();
        served.release();
        followers.release();
        if (ownSubscription != null) {
            ownSubscription.close();
        }
        publication.close();
        if (announces != null) {
            announces.resource().close();
        }
        return 1;
    }

    @Override
    public boolean isOver() {
        return isReleased && hold.state().isFinal();
    }
}
