package io.tensorpool.bench;

import io.tensorpool.TensorPoolException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The baseline that carries whole payloads through a Unix domain socket, each with its length before it. Both sides spin:
 * what is measured is the kernel's copying, not how soon it wakes a thread.
 */
final class DomainSocket {
    static final String NAME = "uds";

    private static final int LENGTH_BYTES = Integer.BYTES;
    private static final int READ_MIN_BYTES = 256 << 10;
    private static final int SOCKET_BUFFER_BYTES = 4 << 20;

    private DomainSocket() {}

    /** Beside what belongs to the media driver of the trial, and gone with it. */
    private static Path pathOf(final RoleOptions options) {
        return Path.of(options.aeronDir(), "bench-" + options.streamId() + ".sock");
    }

    private static int messageBytes(final RoleOptions options) {
        return LENGTH_BYTES + Message.PAYLOAD_OFFSET + options.setting().sizeBytes();
    }

    private static TensorPoolException failed(final RoleOptions options, final IOException cause) {
        return new TensorPoolException(NAME + " " + pathOf(options) + ": " + cause.getMessage(), cause);
    }

    static void produce(final RoleOptions options, final RoleTalk talk) throws InterruptedException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(pathOf(options)))) {
            channel.setOption(StandardSocketOptions.SO_SNDBUF, SOCKET_BUFFER_BYTES);
            channel.configureBlocking(false);
            talk.ready();
            talk.result(ProducerLoop.run(new Writes(channel, options, talk), options, talk));
            talk.awaitStop();
        } catch (final IOException ex) {
            throw failed(options, ex);
        }
    }

    static void consume(final RoleOptions options, final RoleTalk talk) {
        final Path path = pathOf(options);
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                BaselineAcknowledger acknowledger = new BaselineAcknowledger(options)) {
            server.bind(UnixDomainSocketAddress.of(path));
            server.configureBlocking(false);
            talk.ready();
            final MessageSink sink = new MessageSink(options.setting());
            try (SocketChannel channel = accept(server, talk)) {
                if (channel != null) {
                    channel.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER_BYTES);
                    channel.configureBlocking(false);
                    sink.receive(new Reads(channel, options, sink)::poll, acknowledger, talk);
                }
            }
            sink.tell(talk);
        } catch (final IOException ex) {
            throw failed(options, ex);
        } finally {
            delete(path);
        }
    }

    private static @Nullable SocketChannel accept(final ServerSocketChannel server, final RoleTalk talk)
            throws IOException {
        SocketChannel channel = server.accept();
        while (channel == null && !talk.isStopped()) {
            Thread.onSpinWait();
            channel = server.accept();
        }
        return channel;
    }

    private static void delete(final Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (final IOException ex) {
            System.err.println("tensorpool: " + path + " is left behind: " + ex.getMessage());
        }
    }

    /** Writes messages; waits while the socket is full. */
    private static final class Writes implements Sender {
        private final SocketChannel channel;
        private final RoleOptions options;
        private final RoleTalk talk;
        private final boolean isTouched;
        private final ByteBuffer message;
        private final MemorySegment payload;
        private long published;

        Writes(final SocketChannel channel, final RoleOptions options, final RoleTalk talk) {
            this.channel = channel;
            this.options = options;
            this.talk = talk;
            isTouched = options.setting().work() == Work.TOUCHED;
            message = ByteBuffer.allocateDirect(messageBytes(options)).order(ByteOrder.LITTLE_ENDIAN);
            payload = MemorySegment.ofBuffer(message).asSlice(LENGTH_BYTES + Message.PAYLOAD_OFFSET);
            message.putInt(0, message.capacity() - LENGTH_BYTES);
        }

        @Override
        public void send() {
            send(0);
        }

        @Override
        public void send(final long dueNs) {
            message.clear();
            message.putLong(LENGTH_BYTES + Message.SEQ_OFFSET, published);
            message.putLong(LENGTH_BYTES + Message.DUE_OFFSET, dueNs);
            if (isTouched) {
                payload.fill((byte) published);
            }
            try {
                while (message.hasRemaining() && !talk.isStopped()) {
                    if (channel.write(message) == 0) {
                        Thread.onSpinWait();
                    }
                }
            } catch (final IOException ex) {
                throw failed(options, ex);
            }
            published++;
        }

        @Override
        public long published() {
            return published;
        }

        @Override
        public long backPressured() {
            return 0;
        }
    }

    /** Reads messages out of a stream of bytes. */
    private static final class Reads {
        private final SocketChannel channel;
        private final MessageSink sink;
        private final int messageBytes;
        private final ByteBuffer buffer;
        private final MemorySegment memory;

        Reads(final SocketChannel channel, final RoleOptions options, final MessageSink sink) {
            this.channel = channel;
            this.sink = sink;
            messageBytes = messageBytes(options);
            buffer = ByteBuffer.allocateDirect(Math.max(READ_MIN_BYTES, messageBytes))
                    .order(ByteOrder.LITTLE_ENDIAN);
            memory = MemorySegment.ofBuffer(buffer);
        }

        /** Takes what has come; returns how many messages are whole now. Moves bytes only behind whole messages. */
        int poll() throws IOException {
            if (channel.read(buffer) <= 0) {
                return 0;
            }
            int messages = 0;
            int offset = 0;
            while (buffer.position() - offset >= messageBytes) {
                final int lengthBytes = buffer.getInt(offset);
                if (lengthBytes != messageBytes - LENGTH_BYTES) {
                    throw new IOException(
                            "a message of " + lengthBytes + " bytes; expected " + (messageBytes - LENGTH_BYTES));
                }
                sink.onMessage(memory, (long) offset + LENGTH_BYTES);
                offset += messageBytes;
                messages++;
            }
            if (messages > 0) {
                buffer.limit(buffer.position()).position(offset);
                buffer.compact();
            }
            return messages;
        }
    }
}
