package io.tensorpool.client;

import io.aeron.ExclusivePublication;
import io.aeron.Subscription;
import io.tensorpool.ConfigurationException;
import io.tensorpool.Endpoint;
import io.tensorpool.protocol.Channels;
import io.tensorpool.protocol.OwnStream;
import io.tensorpool.runtime.AeronConnection;
import io.tensorpool.runtime.AeronResource;
import org.jspecify.annotations.Nullable;

/**
 * A publication for one consumer on its way: first the publication, then the subscription to it, then the image of that. The
 * media driver answers whenever it likes, so each step is looked after in a duty cycle. Conductor's thread only.
 */
final class ServedStream {
    private final AeronConnection connection;
    private final OwnStream stream;
    private final Endpoint endpoint;
    private final AeronResource<ExclusivePublication> publication;
    private @Nullable AeronResource<Subscription> ownSubscription;
    private @Nullable ConsumerPublication ready;
    private boolean hasFailed;

    ServedStream(final AeronConnection connection, final OwnStream stream) {
        this.connection = connection;
        this.stream = stream;
        this.endpoint = new Endpoint(Channels.withSmallTerms(stream.channel()), stream.streamId());
        this.publication = connection.addExclusivePublication(endpoint);
    }

    OwnStream stream() {
        return stream;
    }

    /** Whether the media driver refused it. */
    boolean hasFailed() {
        return hasFailed;
    }

    /** What the producer may publish with; null before that. */
    @Nullable
    ConsumerPublication ready() {
        return ready;
    }

    /** Goes on. Returns a work count. */
    int doWork(final ConsumerPublications.Counts counts) {
        if (ready != null || hasFailed) {
            return 0;
        }
        try {
            final ExclusivePublication toConsumer = publication.current();
            if (toConsumer == null) {
                return 0;
            }
            if (ownSubscription == null) {
                ownSubscription = connection.addSubscription(endpoint, toConsumer.sessionId());
            }
            final Subscription own = ownSubscription.current();
            if (own == null || !own.isConnected()) {
                return 0;
            }
            ready = new ConsumerPublication(toConsumer, own, counts);
        } catch (final ConfigurationException refused) {
            hasFailed = true;
            System.getLogger(ServedStream.class.getName()).log(System.Logger.Level.DEBUG, refused::getMessage);
        }
        return 1;
    }

    /** Only once no thread is inside the publication. */
    void close() {
        if (ownSubscription != null) {
            ownSubscription.close();
        }
        publication.close();
    }
}
