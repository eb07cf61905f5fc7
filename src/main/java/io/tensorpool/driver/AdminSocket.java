package io.tensorpool.driver;

import io.tensorpool.ConfigurationException;
import io.tensorpool.TensorPoolException;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.agrona.ErrorHandler;

/**
 * Where an administrator of this host asks a running driver: a socket in the directory of its namespace, for those who may
 * write to it: by itself it follows the umask. One request of one line per connection: {@code leases}, or {@code revoke <lease id>}. The answer is
 * lines, the last one {@code OK} or {@code ERROR} with a text. No message of the specification does this.
 */
final class AdminSocket implements AutoCloseable {
    /** Name of the socket in the namespace's directory. */
    static final String NAME = "driver.sock";

    private static final int MAX_REQUEST_LENGTH = 256;
    private static final int MAX_CONNECTIONS = 8;
    private static final long ANSWER_SECONDS = 10;

    private static final long RETRY_NS = TimeUnit.SECONDS.toNanos(1);

    private final Path path;
    private final DriverConductor conductor;
    private final ErrorHandler errorHandler;
    private final ServerSocketChannel server;
    private final Semaphore connections = new Semaphore(MAX_CONNECTIONS);

    private AdminSocket(
            final Path path,
            final DriverConductor conductor,
            final ErrorHandler errorHandler,
            final ServerSocketChannel server) {
        this.path = path;
        this.conductor = conductor;
        this.errorHandler = errorHandler;
        this.server = server;
    }

    /**
     * Opens the socket; one that a killed driver left is replaced, which the lock on the namespace allows.
     *
     * @param directory of the namespace.
     * @throws ConfigurationException if it cannot be opened, for instance because the path is too long for a socket.
     */
    static AdminSocket open(final Path directory, final DriverConductor conductor, final ErrorHandler errorHandler) {
        final Path path = directory.resolve(NAME);
        try {
            Files.deleteIfExists(path);
            final ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                server.bind(UnixDomainSocketAddress.of(path));
                final AdminSocket socket = new AdminSocket(path, conductor, errorHandler, server);
                Thread.ofPlatform().daemon().name("tensorpool-driver-admin").start(socket::accept);
                return socket;
            } catch (final IOException | RuntimeException ex) {
                server.close();
                throw ex;
            }
        } catch (final IOException | UnsupportedOperationException ex) {
            throw new ConfigurationException("admin socket " + path + " cannot be opened: " + ex.getMessage(), ex);
        }
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                final SocketChannel connection = server.accept();
                if (connections.tryAcquire()) {
                    Thread.ofVirtual().name("tensorpool-driver-admin").start(() -> serve(connection));
                } else {
                    connection.close();
                }
            } catch (final ClosedChannelException ex) {
                System.getLogger(AdminSocket.class.getName()).log(System.Logger.Level.DEBUG, "{0} closed", path);
            } catch (final IOException ex) {
                errorHandler.onError(new TensorPoolException(
                        "admin socket " + path + ": nobody could be let in, trying again: " + ex.getMessage(), ex));
                LockSupport.parkNanos(RETRY_NS); // no file descriptor is left, for instance
            }
        }
    }

    private void serve(final SocketChannel connection) {
        // One that says nothing must not hold its place for ever.
        final CompletableFuture<Void> timeout = CompletableFuture.runAsync(
                () -> closeQuietly(connection), CompletableFuture.delayedExecutor(ANSWER_SECONDS, TimeUnit.SECONDS));
        try (connection;
                BufferedReader in = new BufferedReader(
                        Channels.newReader(connection, StandardCharsets.US_ASCII), MAX_REQUEST_LENGTH);
                BufferedWriter out = new BufferedWriter(Channels.newWriter(connection, StandardCharsets.US_ASCII))) {
            out.write(answer(readLine(in)));
        } catch (final IOException ex) {
            System.getLogger(AdminSocket.class.getName())
                    .log(System.Logger.Level.DEBUG, "{0}: {1}", path, ex.getMessage());
        } finally {
            timeout.cancel(false);
            connections.release();
        }
    }

    private void closeQuietly(final SocketChannel connection) {
        try {
            connection.close();
        } catch (final IOException ex) {
            errorHandler.onError(ex);
        }
    }

    private static String readLine(final BufferedReader in) throws IOException {
        final StringBuilder line = new StringBuilder();
        int next = in.read();
        while (next != -1 && next != '\n' && line.length() < MAX_REQUEST_LENGTH) {
            line.append((char) next);
            next = in.read();
        }
        return line.toString().strip();
    }

    private String answer(final String request) {
        try {
            if (request.equals("leases")) {
                return leases();
            }
            if (request.startsWith("revoke ")) {
                final long leaseId = Long.parseUnsignedLong(
                        request.substring("revoke ".length()).strip());
                return conductor.revoke(leaseId).get(ANSWER_SECONDS, TimeUnit.SECONDS)
                        ? "OK\n"
                        : "ERROR lease " + Long.toUnsignedString(leaseId) + " not found\n";
            }
            return "ERROR unknown request; expected leases, or revoke and a lease id\n";
        } catch (final NumberFormatException ex) {
            return "ERROR revoke needs a lease id\n";
        } catch (final ExecutionException | TimeoutException ex) {
            return "ERROR the driver does not answer: " + ex.getMessage() + "\n";
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
            return "ERROR interrupted\n";
        }
    }

    private String leases() throws ExecutionException, TimeoutException, InterruptedException {
        final StringBuilder lines = new StringBuilder();
        for (final LeaseInfo lease : conductor.leases().get(ANSWER_SECONDS, TimeUnit.SECONDS)) {
            lines.append("lease ")
                    .append(Long.toUnsignedString(lease.leaseId()))
                    .append(" stream ")
                    .append(Integer.toUnsignedString(lease.streamId()))
                    .append(" client ")
                    .append(Integer.toUnsignedString(lease.clientId()))
                    .append(' ')
                    .append(lease.role())
                    .append('\n');
        }
        return lines.append("OK\n").toString();
    }

    /** Closes and removes the socket. */
    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(path);
        } catch (final IOException ex) {
            errorHandler.onError(ex);
        }
    }
}
