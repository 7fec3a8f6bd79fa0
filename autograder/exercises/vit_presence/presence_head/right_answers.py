from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()
