/* How declarations are marked: what the shared library exports, and what is on its way out. */
#ifndef CRIB_EXPORT_H
#define CRIB_EXPORT_H

#if defined(__GNUC__)
#define CRIB_API             __attribute__((visibility("default")))
#define CRIB_DEPRECATED(msg) __attribute__((deprecated(msg)))
#else
#define CRIB_API
#define CRIB_DEPRECATED(msg)
#endif

#endif
