package io.tensorpool.driver;

import io.tensorpool.TensorPoolException;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Asks a running driver of this host through its admin socket; see {@link DriverContext#adminSocket}. */
public final class AdminClient {
    private static final String OK = "OK";
    private static final String ERROR = "ERROR ";

    private AdminClient() {}

    /**
     * Asks, and waits for the answer, which a driver gives within its duty cycle.
     *
     * @param namespaceDirectory {@code <base>/tensorpool-<user>/<namespace>} of the driver.
     * @param request            {@code leases}, or {@code revoke} with a lease id.
     * @return the lines of the answer, without the closing one.
     * @throws TensorPoolException if no driver answers there, or it answers with an error.
     */
    public static List<String> ask(final Path namespaceDirectory, final String request) {
        final Path path = namespaceDirectory.resolve(AdminSocket.NAME);
        final List<String> lines = new ArrayList<>();
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            final ByteBuffer message = ByteBuffer.wrap((request + "\n").getBytes(StandardCharsets.US_ASCII));
            while (message.hasRemaining()) {
                channel.write(message);
            }
            try (BufferedReader in = new BufferedReader(Channels.newReader(channel, StandardCharsets.US_ASCII))) {
                String line = in.readLine();
                while (line != null && !line.equals(OK)) {
                    if (line.startsWith(ERROR)) {
                        throw new TensorPoolException(
                                "the driver at " + path + " says: " + line.substring(ERROR.length()));
                    }
                    lines.add(line);
                    line = in.readLine();
                }
                if (line == null) {
                    throw new TensorPoolException("the driver at " + path + " broke off its answer");
                }
            }
            return lines;
        } catch (final IOException ex) {
            throw new TensorPoolException(
                    "no driver answers at " + path + " (" + ex.getMessage()
                            + "): is one running there, with its admin socket open?",
                    ex);
        }
    }
}
