import { randomUUID } from 'node:crypto';

export type State = 'open' | 'doing' | 'done';

export interface Task {
	id: string;
	title: string;
	state: State;
	due?: Date;
}

const NEXT: Record<State, State[]> = {
	open: ['doing'],
	doing: ['open', 'done'],
	done: [],
};

export class TaskStore {
	private readonly tasks = new Map<string, Task>();

	create(title: string, due?: Date): Task {
		const trimmed = title.trim();
		if (trimmed.length === 0) {
			throw new RangeError('a task needs a title');
		}
		const task: Task = { id: randomUUID(), title: trimmed, state: 'open', due };
		this.tasks.set(task.id, task);
		return task;
	}

	move(id: string, state: State): Task {
		const task = this.tasks.get(id);
		if (task === undefined) {
			throw new RangeError(`no task ${id}`);
		}
		if (!NEXT[task.state].includes(state)) {
			throw new RangeError(`${task.state} cannot become ${state}`);
		}
		const moved: Task = { ...task, state };
		this.tasks.set(id, moved);
		return moved;
	}

	dueBefore(day: Date): Task[] {
		return [...this.tasks.values()]
			.filter((task) => task.state !== 'done')
			.filter((task) => task.due !== undefined && task.due < day)
			.sort((one, other) => one.title.localeCompare(other.title));
	}
}
