package io.tensorpool.shm;

import java.util.Map;

/** Error numbers of Linux, the same on x86-64 and AArch64. */
final class Errno {
    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int EINTR = 4;
    static final int ENXIO = 6;
    static final int EAGAIN = 11;
    static final int ENOMEM = 12;
    static final int EACCES = 13;
    static final int EFAULT = 14;
    static final int EEXIST = 17;
    static final int EXDEV = 18;
    static final int ENOTDIR = 20;
    static final int EISDIR = 21;
    static final int EINVAL = 22;
    static final int EMFILE = 24;
    static final int EFBIG = 27;
    static final int ENOSPC = 28;
    static final int EROFS = 30;
    static final int ENAMETOOLONG = 36;
    static final int ENOSYS = 38;
    static final int ENOTEMPTY = 39;
    static final int ELOOP = 40;
    static final int EOPNOTSUPP = 95;
    static final int EDQUOT = 122;

    private static final Map<Integer, String> TEXTS = Map.ofEntries(
            Map.entry(EPERM, "operation not permitted (EPERM)"),
            Map.entry(ENOENT, "no such file or directory (ENOENT)"),
            Map.entry(EINTR, "interrupted (EINTR)"),
            Map.entry(ENXIO, "not a file that can be opened (ENXIO)"),
            Map.entry(EAGAIN, "try again (EAGAIN)"),
            Map.entry(ENOMEM, "not enough memory, or above the limit (ENOMEM)"),
            Map.entry(EACCES, "permission denied (EACCES)"),
            Map.entry(EFAULT, "beyond the end of the file (EFAULT)"),
            Map.entry(EEXIST, "exists already (EEXIST)"),
            Map.entry(EXDEV, "leads out of the base directory (EXDEV)"),
            Map.entry(ENOTDIR, "a part of the path is not a directory (ENOTDIR)"),
            Map.entry(EISDIR, "is a directory (EISDIR)"),
            Map.entry(EINVAL, "invalid argument (EINVAL)"),
            Map.entry(EMFILE, "too many open files in this process (EMFILE)"),
            Map.entry(EFBIG, "larger than this file system or the file size limit allows (EFBIG)"),
            Map.entry(ENOSPC, "no space left (ENOSPC)"),
            Map.entry(EROFS, "read-only file system (EROFS)"),
            Map.entry(ENAMETOOLONG, "name too long (ENAMETOOLONG)"),
            Map.entry(ENOSYS, "not known to this kernel (ENOSYS)"),
            Map.entry(ENOTEMPTY, "directory not empty (ENOTEMPTY)"),
            Map.entry(ELOOP, "symbolic link (ELOOP)"),
            Map.entry(EOPNOTSUPP, "not supported by this file system (EOPNOTSUPP)"),
            Map.entry(EDQUOT, "quota exceeded (EDQUOT)"));

    private Errno() {}

    /** Text for a message. */
    static String text(final int errno) {
        return TEXTS.getOrDefault(errno, "errno " + errno);
    }
}
