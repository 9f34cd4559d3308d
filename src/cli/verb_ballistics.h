/* The sub-verbs of `athar ballistics`: each reads its own options, argv[0] being its name. A new one is a row in verb_ballistics.c. */
#ifndef CLI_VERB_BALLISTICS_H
#define CLI_VERB_BALLISTICS_H
int ballistics_info(int argc, char **argv);
int ballistics_enrol(int argc, char **argv);
int ballistics_list(int argc, char **argv);
int ballistics_screen(int argc, char **argv);
int ballistics_compare(int argc, char **argv);
int ballistics_bullet(int argc, char **argv);
int ballistics_rank(int argc, char **argv);
int ballistics_matrix(int argc, char **argv);
#endif
