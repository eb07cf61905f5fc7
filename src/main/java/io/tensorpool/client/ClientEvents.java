package io.tensorpool.client;

import io.tensorpool.ConsumerMode;
import io.tensorpool.EpochRegions;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.protocol.ConsumerConfig;
import io.tensorpool.protocol.ShutdownReason;
import java.util.function.Consumer;
import org.agrona.ErrorHandler;
import org.jspecify.annotations.Nullable;

/**
 * The application's listener, as the conductor calls it: what it throws goes to the error handler, and the conductor goes
 * on. Conductor's thread.
 */
final class ClientEvents implements ClientEventListener {
    private final ClientEventListener listener;
    /** What comes each second from everybody must leave no garbage where nobody listens. */
    private final boolean isListening;

    private final ErrorHandler errorHandler;

    /**
     * Events of one client.
     *
     * @param listener null for nobody.
     */
    ClientEvents(final @Nullable ClientEventListener listener, final ErrorHandler errorHandler) {
        this.listener = listener == null ? new ClientEventListener() {} : listener;
        this.isListening = listener != null;
        this.errorHandler = errorHandler;
    }

    /** A handler of metadata that is called as the listener is. */
    MetadataHandler guard(final MetadataHandler handler) {
        return new MetadataHandler() {
            @Override
            public void onDataSource(final DataSource source) {
                tell(handler, to -> to.onDataSource(source));
            }

            @Override
            public void onMetadata(final StreamMetadata metadata) {
                tell(handler, to -> to.onMetadata(metadata));
            }

            @Override
            public void onBlob(final MetadataBlob blob) {
                tell(handler, to -> to.onBlob(blob));
            }
        };
    }

    private void tell(final Consumer<ClientEventListener> event) {
        tell(listener, event);
    }

    private <T> void tell(final T application, final Consumer<T> event) {
        try {
            event.accept(application);
        } catch (final RuntimeException | Error thrown) {
            errorHandler.onError(thrown);
        }
    }

    @Override
    public void onStateChanged(
            final Role role, final int streamId, final AttachmentStatus attachment, final AttachmentState from) {
        tell(to -> to.onStateChanged(role, streamId, attachment, from));
    }

    @Override
    public void onAttached(final Role role, final AttachmentStatus attachment, final EpochRegions regions) {
        tell(to -> to.onAttached(role, attachment, regions));
    }

    @Override
    public void onRevoked(final Role role, final int streamId, final AttachmentStatus attachment, final String cause) {
        tell(to -> to.onRevoked(role, streamId, attachment, cause));
    }

    @Override
    public void onAnnounce(final EpochRegions regions, final int producerId, final long timestampNs) {
        tell(to -> to.onAnnounce(regions, producerId, timestampNs));
    }

    /** The first epoch of a producer or consumer, or a later one. */
    void onMapped(final Role role, final EpochRegions regions, final @Nullable Long previousEpoch) {
        if (previousEpoch == null) {
            onMapped(role, regions);
        } else {
            onRemapped(role, regions, previousEpoch);
        }
    }

    @Override
    public void onMapped(final Role role, final EpochRegions regions) {
        tell(to -> to.onMapped(role, regions));
    }

    @Override
    public void onRemapped(final Role role, final EpochRegions regions, final long previousEpoch) {
        tell(to -> to.onRemapped(role, regions, previousEpoch));
    }

    @Override
    public void onMappingFailed(final Role role, final EpochRegions regions, final Throwable cause) {
        tell(to -> to.onMappingFailed(role, regions, cause));
    }

    @Override
    public void onDriverShutdown(final ShutdownReason reason, final long timestampNs) {
        tell(to -> to.onDriverShutdown(reason, timestampNs));
    }

    @Override
    public void onConsumerHello(final int streamId, final int consumerId) {
        if (isListening) {
            tell(to -> to.onConsumerHello(streamId, consumerId));
        }
    }

    @Override
    public void onConsumerConfig(final ConsumerConfig config) {
        if (isListening) {
            tell(to -> to.onConsumerConfig(config));
        }
    }

    @Override
    public void onControlResponse(final long correlationId, final ResponseCode code, final String text) {
        tell(to -> to.onControlResponse(correlationId, code, text));
    }

    @Override
    public void onQosConsumer(
            final int streamId,
            final int consumerId,
            final long epoch,
            final long lastSeqSeen,
            final long dropsGap,
            final long dropsLate,
            final ConsumerMode mode) {
        if (isListening) {
            tell(to -> to.onQosConsumer(streamId, consumerId, epoch, lastSeqSeen, dropsGap, dropsLate, mode));
        }
    }

    @Override
    public void onQosProducer(
            final int streamId, final int producerId, final long epoch, final long currentSeq, final int watermark) {
        if (isListening) {
            tell(to -> to.onQosProducer(streamId, producerId, epoch, currentSeq, watermark));
        }
    }
}
