/* Statistics as tables. */
#ifndef CRIB_LUA_STATISTICS_H
#define CRIB_LUA_STATISTICS_H

#include "glue.h"

LC_HIDDEN void lc_push_crib_channel_stats(lua_State *L, const crib_channel_stats *s);
LC_HIDDEN void lc_push_crib_lock_stats(lua_State *L, const crib_lock_stats *s);
LC_HIDDEN void lc_push_crib_rwlock_stats(lua_State *L, const crib_rwlock_stats *s);
LC_HIDDEN void lc_push_crib_semaphore_stats(lua_State *L, const crib_semaphore_stats *s);
LC_HIDDEN void lc_push_crib_condition_stats(lua_State *L, const crib_condition_stats *s);
LC_HIDDEN void lc_push_crib_limiter_stats(lua_State *L, const crib_limiter_stats *s);
LC_HIDDEN void lc_push_crib_event_stats(lua_State *L, const crib_event_stats *s);
LC_HIDDEN void lc_push_crib_barrier_stats(lua_State *L, const crib_barrier_stats *s);
LC_HIDDEN void lc_push_crib_statistics(lua_State *L, const crib_statistics *s);

#endif
