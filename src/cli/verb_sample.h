/* athar sample --records N --seed S: exit 0 done, 1 could not be written, 2 usage. argv[0] is the verb. */
#ifndef CLI_VERB_SAMPLE_H
#define CLI_VERB_SAMPLE_H
int verb_sample(int argc, char **argv);
#endif
