package io.tensorpool.shm;

import io.tensorpool.ConfigurationException;
import java.nio.ByteOrder;

/**
 * What differs between the platforms that this library runs on: Linux, little-endian, x86-64 or AArch64. The regions are
 * little-endian, and the system calls used here are those of Linux.
 */
public enum Platform {
    /** Linux on x86-64. */
    X86_64(0x1_0000, 0x2_0000),
    /** Linux on 64-bit ARM. */
    AARCH64(0x4000, 0x8000);

    final int openDirectory;
    final int openNoFollow;

    Platform(final int openDirectory, final int openNoFollow) {
        this.openDirectory = openDirectory;
        this.openNoFollow = openNoFollow;
    }

    /**
     * The platform that this process runs on.
     *
     * @return the platform.
     * @throws ConfigurationException if it is none of the two; the message says what was found.
     */
    public static Platform check() {
        return of(System.getProperty("os.name"), System.getProperty("os.arch"), ByteOrder.nativeOrder());
    }

    static Platform of(final String osName, final String arch, final ByteOrder order) {
        if (osName.equals("Linux") && order == ByteOrder.LITTLE_ENDIAN) {
            if (arch.equals("amd64") || arch.equals("x86_64")) {
                return X86_64;
            }
            if (arch.equals("aarch64")) {
                return AARCH64;
            }
        }
        throw new ConfigurationException("this platform is " + osName + " on " + arch + ", " + order
                + "; tensor pools need Linux, little-endian, on x86-64 or AArch64");
    }
}
