package io.tensorpool.tensor;

import java.io.IOException;

/**
 * A file is not a {@code .npy} file that can be read as a tensor. The message names the file, what was found and what
 * was expected.
 */
public final class NpyFormatException extends IOException {
    private static final long serialVersionUID = 1L;

    NpyFormatException(final String message) {
        super(message);
    }
}
