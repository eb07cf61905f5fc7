package io.tensorpool.shm;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The system calls that files and mappings need, through the linker. Each method returns what the call returns, or the
 * negative error number. Calls interrupted by a signal are repeated. None is linked as critical: all of them can block.
 *
 * <p>Any thread.
 */
final class Libc {
    static final int O_RDONLY = 0;
    static final int O_RDWR = 2;
    static final int O_CREAT = 0x40;
    static final int O_EXCL = 0x80;
    static final int O_NOCTTY = 0x100;
    static final int O_NONBLOCK = 0x800;
    static final int O_CLOEXEC = 0x8_0000;
    static final int O_PATH = 0x20_0000;
    static final int O_DIRECTORY;
    static final int O_NOFOLLOW;
    static final int AT_FDCWD = -100;
    static final int AT_REMOVEDIR = 0x200;
    static final int RESOLVE_NO_MAGICLINKS = 0x02;
    static final int RESOLVE_NO_SYMLINKS = 0x04;
    static final int RESOLVE_BENEATH = 0x08;
    static final int PROT_READ = 1;
    static final int PROT_WRITE = 2;
    static final int MAP_SHARED = 1;
    static final int MAP_NORESERVE = 0x4000;
    static final int MADV_HUGEPAGE = 14;
    static final int MADV_POPULATE_READ = 22;
    static final int MADV_POPULATE_WRITE = 23;
    static final int LOCK_EX_NB = 2 | 4;

    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final long SYS_OPENAT2 = 437; // the C library has no symbol for it
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO =
            CAPTURE.varHandle(MemoryLayout.PathElement.groupElement("errno")).withInvokeExactBehavior();

    private static final MethodHandle OPENAT = link("openat", JAVA_INT, 3, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    private static final MethodHandle SYSCALL_OPENAT2 =
            link("syscall", JAVA_LONG, 1, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG);
    private static final MethodHandle STATX =
            link("statx", JAVA_INT, -1, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
    private static final MethodHandle FSTATFS = link("fstatfs", JAVA_INT, -1, JAVA_INT, ADDRESS);
    private static final MethodHandle MMAP =
            link("mmap", JAVA_LONG, -1, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle MUNMAP = link("munmap", JAVA_INT, -1, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MADVISE = link("madvise", JAVA_INT, -1, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle MLOCK = link("mlock", JAVA_INT, -1, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle FTRUNCATE = link("ftruncate", JAVA_INT, -1, JAVA_INT, JAVA_LONG);
    private static final MethodHandle POSIX_FALLOCATE =
            link("posix_fallocate", JAVA_INT, -1, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle FCHMOD = link("fchmod", JAVA_INT, -1, JAVA_INT, JAVA_INT);
    private static final MethodHandle FSYNC = link("fsync", JAVA_INT, -1, JAVA_INT);
    private static final MethodHandle CLOSE = link("close", JAVA_INT, -1, JAVA_INT);
    private static final MethodHandle FLOCK = link("flock", JAVA_INT, -1, JAVA_INT, JAVA_INT);
    private static final MethodHandle GETEUID = link("geteuid", JAVA_INT, -1);
    private static final MethodHandle PREAD = link("pread", JAVA_LONG, -1, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle PWRITE = link("pwrite", JAVA_LONG, -1, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle UNLINKAT = link("unlinkat", JAVA_INT, -1, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle MKDIRAT = link("mkdirat", JAVA_INT, -1, JAVA_INT, ADDRESS, JAVA_INT);

    static {
        final Platform platform = Platform.check();
        O_DIRECTORY = platform.openDirectory;
        O_NOFOLLOW = platform.openNoFollow;
    }

    private Libc() {}

    static int openat(final int dirFd, final String path, final int flags, final int mode) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment name = arena.allocateFrom(path);
            final MemorySegment state = arena.allocate(CAPTURE);
            int result;
            do {
                result = result((int) OPENAT.invokeExact(state, dirFd, name, flags, mode), state);
            } while (result == -Errno.EINTR);
            return result;
        } catch (final Throwable t) {
            throw sneak(t);
        }
    }

    static int openat2(final int dirFd, final String path, final int flags, final int resolve) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment name = arena.allocateFrom(path);
            final MemorySegment state = arena.allocate(CAPTURE);
            final MemorySegment how = arena.allocate(OpenHow.LAYOUT);
            OpenHow.FLAGS.set(how, 0L, (long) flags);
            OpenHow.RESOLVE.set(how, 0L, (long) resolve);
            int result;
            do {
                result = result(
                        (int) (long) SYSCALL_OPENAT2.invokeExact(
                                state, SYS_OPENAT2, (long) dirFd, name, how, OpenHow.LAYOUT.byteSize()),
                        state);
            } while (result == -Errno.EINTR);
            return result;
        } catch (final Throwable t) {
            throw sneak(t);
        }
    }

    /** Status of an open file. */
    static int statx(final int fd, final FileStatus status) {
        return statx(fd, "", AT_EMPTY_PATH, status);
    }

    /** Status of a name in a directory; a symbolic link is not followed. */
    static int statxAt(final int dirFd, final String name, final FileStatus status) {
        return statx(dirFd, name, AT_SYMLINK_NOFOLLOW, status);
    }

    private static int statx(final int dirFd, final String path, final int flags, final FileStatus status) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment name = arena.allocateFrom(path);
            final MemorySegment state = arena.allocate(CAPTURE);
            final MemorySegment buffer = arena.allocate(FileStatus.STATX_BYTES, Long.BYTES);
            final int result = result(
                    (int) STATX.invokeExact(state, dirFd, name, flags, FileStatus.STATX_BASIC_STATS, buffer), state);
            if (result == 0) {
                status.wrap(buffer);
            }
            return result;
        } catch (final Throwable t) {
            throw sneak(t);
        }
    }

    static int fstatfs(final int fd, final FileSystemStatus status) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(CAPTURE);
            final MemorySegment buffer = arena.allocate(FileSystemStatus.STATFS_BYTES, Long.BYTES);
            int result;
            do {
                result = result((int) FSTATFS.invokeExact(state, fd, buffer), state);
            } while (result == -Errno.EINTR);
            if (result == 0) {
                status.wrap(buffer);
            }
            return result;
        } catch (final Throwable t) {
            throw sneak(t);
        }
    }

    /** Address of a shared mapping of the file from its start, or the negative error number. */
    static long mmap(final long lengthBytes, final int protection, final int flags, final int fd) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(CAPTURE);
            final long address =
                    (long) MMAP.invokeExact(state, 0L, lengthBytes, protection, MAP_SHARED | flags, fd, 0L);
            return address == -1L ? -(long) (int) ERRNO.get(state, 0L) : address;
        } catch (final Throwable t) {
            throw sneak(t);
        }
    }

    static int munmap(final long address, final long lengthBytes) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(CAPTURE);
            return result((int) MUNMAP.invokeExact(state, address, lengthBytes), state);
        } catch (final Throwable t) {
            throw sneak(t);
        }
    }

    static int madvise(final long address, final long lengthBytes, final int advice) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(CAPTURE);
            int result;
            do {
                result = result((int) MADVISE.invokeExact(state, address, lengthBytes, advice), state);
            } while (result == -Errno.EINTR);
            return result;
        } catch (final Throwable t) {
            throw sneak(t);
        }
    }

    static int mlock(final long address, final long lengthBytes) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(CAPTURE);
            return result((int) MLOCK.invokeExact(state, address, lengthBytes), state);
        } catch (final Throwable t) {
            throw sneak(t);
        }
    }

    static int ftruncate(final int fd, final long lengthBytes) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(CAPTURE);
            int result;
            do {
                result = result((int) FTRUNCATE.invokeExact(state, fd, lengthBytes), state);
            } while (result == -Errno.EINTR);
            return result;
        } catch (final Throwable t) {
            throw sneak(t);
        }
    }

    /** Returns its error and leaves errno alone, unlike all others. */
    static int posixFallocate(final int fd, final long offset, final long lengthBytes) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(CAPTURE);
            int error;
            do {
                error = (int) POSIX_FALLOCATE.invokeExact(state, fd, offset, lengthBytes);
            } while (error == Errno.EINTR);
            return -error;
        } catch (final Throwable t) {
            throw sneak(t);
        }
    }

    static int fchmod(final int fd, final int mode) {
        return onDescriptor(FCHMOD, fd, mode);
    }

    static int flock(final int fd, final int operation) {
        return onDescriptor(FLOCK, fd, operation);
    }

    private static int onDescriptor(final MethodHandle call, final int fd, final int argument) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(CAPTURE);
            int result;
            do {
                result = result((int) call.invokeExact(state, fd, argument), state);
            } while (result == -Errno.EINTR);
            return result;
        } catch (final Throwable t) {
            throw sneak(t);
        }
    }

    static int fsync(final int fd) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(CAPTURE);
            return result((int) FSYNC.invokeExact(state, fd), state);
        } catch (final Throwable t) {
            throw sneak(t);
        }
    }

    /** Not repeated on EINTR: Linux has released the descriptor even then. */
    static int close(final int fd) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(CAPTURE);
            return result((int) CLOSE.invokeExact(state, fd), state);
        } catch (final Throwable t) {
            throw sneak(t);
        }
    }

    static int geteuid() {
        try (Arena arena = Arena.ofConfined()) {
            return (int) GETEUID.invokeExact(arena.allocate(CAPTURE));
        } catch (final Throwable t) {
            throw sneak(t);
        }
    }

    static long pread(final int fd, final MemorySegment buffer, final long offset) {
        return transfer(PREAD, fd, buffer, offset);
    }

    static long pwrite(final int fd, final MemorySegment buffer, final long offset) {
        return transfer(PWRITE, fd, buffer, offset);
    }

    private static long transfer(final MethodHandle call, final int fd, final MemorySegment buffer, final long offset) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(CAPTURE);
            long result;
            do {
                result = (long) call.invokeExact(state, fd, buffer, buffer.byteSize(), offset);
                result = result < 0 ? -(long) (int) ERRNO.get(state, 0L) : result;
            } while (result == -Errno.EINTR);
            return result;
        } catch (final Throwable t) {
            throw sneak(t);
        }
    }

    static int unlinkat(final int dirFd, final String name, final int flags) {
        return onName(UNLINKAT, dirFd, name, flags);
    }

    static int mkdirat(final int dirFd, final String name, final int mode) {
        return onName(MKDIRAT, dirFd, name, mode);
    }

    private static int onName(final MethodHandle call, final int dirFd, final String name, final int argument) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment text = arena.allocateFrom(name);
            final MemorySegment state = arena.allocate(CAPTURE);
            return result((int) call.invokeExact(state, dirFd, text, argument), state);
        } catch (final Throwable t) {
            throw sneak(t);
        }
    }

    private static int result(final int result, final MemorySegment state) {
        return result < 0 ? -(int) ERRNO.get(state, 0L) : result;
    }

    private static MethodHandle link(
            final String name, final ValueLayout result, final int firstVariadicArg, final ValueLayout... arguments) {
        final MemorySegment symbol = LINKER.defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsatisfiedLinkError("the C library has no '" + name + "'"));
        final FunctionDescriptor descriptor = FunctionDescriptor.of(result, arguments);
        final Linker.Option errno = Linker.Option.captureCallState("errno");
        return firstVariadicArg < 0
                ? LINKER.downcallHandle(symbol, descriptor, errno)
                : LINKER.downcallHandle(symbol, descriptor, errno, Linker.Option.firstVariadicArg(firstVariadicArg));
    }

    /** A handle declares Throwable; what really comes out of it is unchecked. */
    private static RuntimeException sneak(final Throwable t) {
        if (t instanceof final Error error) {
            throw error;
        }
        return t instanceof final RuntimeException e ? e : new IllegalStateException(t);
    }

    /** {@code struct open_how} of openat2(2). */
    private static final class OpenHow {
        static final StructLayout LAYOUT = MemoryLayout.structLayout(
                JAVA_LONG.withName("flags"), JAVA_LONG.withName("mode"), JAVA_LONG.withName("resolve"));
        static final VarHandle FLAGS =
                LAYOUT.varHandle(MemoryLayout.PathElement.groupElement("flags")).withInvokeExactBehavior();
        static final VarHandle RESOLVE = LAYOUT.varHandle(MemoryLayout.PathElement.groupElement("resolve"))
                .withInvokeExactBehavior();
    }
}
