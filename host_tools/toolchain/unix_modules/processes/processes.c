// Module `processes` of the Unix port that runs the unit tests: fork() and wait(pid), so that each test has a heap of its own.
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "py/mphal.h"
#include "py/runtime.h"

static mp_obj_t processes_fork(void) {
    pid_t pid = fork();
    if (pid < 0) {
        mp_raise_OSError(errno);
    }
    return MP_OBJ_NEW_SMALL_INT(pid);
}
static MP_DEFINE_CONST_FUN_OBJ_0(processes_fork_obj, processes_fork);

// The exit code of a copy, or minus the signal that ended it.
static mp_obj_t processes_wait(mp_obj_t pid) {
    int status;
    pid_t ended;
    MP_HAL_RETRY_SYSCALL(ended, waitpid(mp_obj_get_int(pid), &status, 0), mp_raise_OSError(err));
    (void)ended;
    return MP_OBJ_NEW_SMALL_INT(WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}
static MP_DEFINE_CONST_FUN_OBJ_1(processes_wait_obj, processes_wait);

static const mp_rom_map_elem_t processes_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_processes)},
    {MP_ROM_QSTR(MP_QSTR_fork), MP_ROM_PTR(&processes_fork_obj)},
    {MP_ROM_QSTR(MP_QSTR_wait), MP_ROM_PTR(&processes_wait_obj)},
};
static MP_DEFINE_CONST_DICT(processes_globals, processes_globals_table);

const mp_obj_module_t processes_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&processes_globals,
};
MP_REGISTER_MODULE(MP_QSTR_processes, processes_module);
